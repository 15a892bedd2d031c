#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// `rms_norm` in raw memory: rows of x and y, (rows, width), and weight (width)
/// in float32 or all in bfloat16.
struct RmsNormRows {
  const void* x = nullptr;
  const void* weight = nullptr;
  void* y = nullptr;
  bool is_bf16 = false;
  int64_t width = 0;
  float eps = 0;
};

/// Normalises rows [begin, end).
void rms_norm_cpu(const RmsNormRows& rows, int64_t begin, int64_t end);

} // namespace microfiche::kernels
