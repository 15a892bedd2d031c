#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// `rotate` in raw memory, all numbers float32 or all bfloat16: B rows, H
/// heads, L positions, D channels of a head. Distances are in elements.
struct RotaryRows {
  /// (B, H, L, D) with contiguous channels; y may be x.
  const void* x = nullptr;
  void* y = nullptr;
  /// (B or 1, L, D / 2), contiguous.
  const void* cos = nullptr;
  const void* sin = nullptr;

  bool is_bf16 = false;
  int64_t heads = 0;
  int64_t positions = 0;
  int64_t half = 0;

  /// From one row, head and position to the next.
  int64_t x_strides[3] = {};
  int64_t y_strides[3] = {};

  /// Of the angles, from one row to the next; 0 where all rows share them.
  int64_t angle_stride = 0;
};

/// Turns all heads of the places [begin, end), place b * L + l.
void apply_rotary_cpu(const RotaryRows& turn, int64_t begin, int64_t end);

} // namespace microfiche::kernels
