#pragma once

#include <cstddef>
#include <span>

namespace microfiche {

/// Gives back the main memory that part of a `MappedFile` takes in this
/// process; reading it again reads the file again. What was written there is
/// lost.
void release_pages(std::span<const std::byte> bytes);

} // namespace microfiche
