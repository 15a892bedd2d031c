#pragma once

#include <cstdint>
#include <string>

namespace microfiche {

/// Main memory available to new allocations, from /proc/meminfo.
int64_t available_memory_bytes();

/// Resident size of this process.
int64_t resident_memory_bytes();

/// Largest resident size of this process since its start or the last
/// `reset_peak_memory`.
int64_t peak_memory_bytes();
void reset_peak_memory();

/// Gives freed blocks below 32 MiB to the next allocations, and memory back to
/// the system only when 256 MiB at the end of the heap are free. By default
/// glibc decides by what was freed before, so that the same step may get new
/// pages from the system, cleared one by one, each time. Does nothing if the
/// environment has settings of its own: MALLOC_MMAP_THRESHOLD_,
/// MALLOC_TRIM_THRESHOLD_ or GLIBC_TUNABLES.
void reuse_freed_blocks();

/// Keeps all memory that this process frees for its next allocations. A
/// training step frees and allocates the same large tensors again and again. It
/// raises the resident size by what was freed.
void keep_freed_memory();

/// E.g. "1.5 GiB".
std::string bytes_text(int64_t bytes);

} // namespace microfiche
