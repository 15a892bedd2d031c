#pragma once

#include <cstdint>
#include <string>

namespace microfiche {

/// Main memory available to new allocations, from /proc/meminfo.
int64_t available_memory_bytes();

/// Largest resident size of this process since its start or the last
/// `reset_peak_memory`.
int64_t peak_memory_bytes();
void reset_peak_memory();

/// E.g. "1.5 GiB".
std::string bytes_text(int64_t bytes);

} // namespace microfiche
