#include "kernels/cpu/processor.h"

#include <ATen/Version.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <string>

namespace microfiche::kernels {

#ifdef __x86_64__

bool has_avx2() {
  static const bool usable = [] {
    const std::string level = at::get_cpu_capability();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        (level == "AVX2" || level == "AVX512");
  }();
  return usable;
}

bool has_wide_vectors() {
  static const bool usable = __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") &&
      at::get_cpu_capability() == "AVX512";
  return usable;
}

bool has_bf16_instructions() {
  static const bool usable =
      has_wide_vectors() && __builtin_cpu_supports("avx512bf16");
  return usable;
}

bool has_tile_instructions() {
  static const bool usable = [] {
    // CPUID leaf 7, EDX bit 22: AMX-BF16.
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    return has_bf16_instructions() &&
        __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 &&
        (edx >> 22 & 1) != 0;
  }();
  return usable;
}

#else

bool has_avx2() {
  return false;
}

bool has_wide_vectors() {
  return false;
}

bool has_bf16_instructions() {
  return false;
}

bool has_tile_instructions() {
  return false;
}

#endif

} // namespace microfiche::kernels
