#include "core/memory_use.h"

#include <malloc.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace microfiche {
namespace {

/// The number of kB after `field` in a file of /proc, in bytes; 0 if absent.
int64_t proc_bytes(const char* file, const std::string& field) {
  std::ifstream stream(file);
  std::string name;
  int64_t kilobytes = 0;
  while (stream >> name) {
    if (name == field) {
      stream >> kilobytes;
      return kilobytes * 1024;
    }
    stream.ignore(4096, '\n');
  }
  return 0;
}

} // namespace

int64_t available_memory_bytes() {
  return proc_bytes("/proc/meminfo", "MemAvailable:");
}

int64_t resident_memory_bytes() {
  return proc_bytes("/proc/self/status", "VmRSS:");
}

int64_t peak_memory_bytes() {
  return proc_bytes("/proc/self/status", "VmHWM:");
}

void reset_peak_memory() {
  // 5 resets the peak resident size, see proc(5).
  std::ofstream("/proc/self/clear_refs") << "5\n";
}

void reuse_freed_blocks() {
#ifdef __GLIBC__
  for (const char* name :
       {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"}) {
    if (std::getenv(name) != nullptr) {
      return;
    }
  }
  // 32 MiB is the largest threshold that glibc takes; see mallopt(3).
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

void keep_freed_memory() {
#ifdef __GLIBC__
  // Allocate from the heap only, and never make it smaller; see mallopt(3).
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 256 << 20);
#endif
}

std::string bytes_text(int64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(
      text.data(),
      text.size(),
      unit == 0 ? "%.0f %s" : "%.1f %s",
      value,
      kUnits[unit]);
  return text.data();
}

} // namespace microfiche
