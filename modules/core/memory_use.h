#pragma once

#include <cstdint>
#include <string>

namespace microfiche {

/// Main memory that a new allocation could have, by /proc/meminfo.
int64_t available_memory_bytes();

/// Largest resident size of this process since it started or
/// `reset_peak_memory` was called.
int64_t peak_memory_bytes();
void reset_peak_memory();

/// Such as "1.5 GiB".
std::string bytes_text(int64_t bytes);

} // namespace microfiche
