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

/// Keeps the memory that this process frees for its next allocations, instead
/// of returning it to the system. A training step frees and allocates the same
/// large tensors again and again; without this the system clears each page of
/// them anew. It raises the resident size by what was freed.
void keep_freed_memory();

/// E.g. "1.5 GiB".
std::string bytes_text(int64_t bytes);

} // namespace microfiche
