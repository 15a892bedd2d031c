#pragma once

#include <cstddef>
#include <span>

namespace microfiche {

/// Releases the main memory of a part of a `MappedFile`. The next access reads
/// the file again. Data written to the mapping is lost.
void release_pages(std::span<const std::byte> bytes);

} // namespace microfiche
