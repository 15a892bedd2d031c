#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// The arguments of `rms_norm` in raw memory: x and y (rows, width), weight
/// (width), all float32 or all bfloat16.
struct RmsNormRows {
  const void* x = nullptr;
  const void* weight = nullptr;
  void* y = nullptr;
  bool is_bf16 = false;
  int64_t width = 0;
  float eps = 0;
};

/// Normalises the rows [begin, end).
void rms_norm_cpu(const RmsNormRows& rows, int64_t begin, int64_t end);

} // namespace microfiche::kernels
