#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// The arguments of `apply_rotary_cpu` in raw memory, all float32 or all
/// bfloat16: B rows, H heads, L positions, D channels per head. Strides are in
/// elements.
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

  /// Strides of rows, heads and positions.
  int64_t x_strides[3] = {};
  int64_t y_strides[3] = {};

  /// Stride of the angles between rows; 0 if all rows share them.
  int64_t angle_stride = 0;
};

/// Rotary position embedding of a decoding step: rotates each channel pair (a,
/// b) = (d, d + D / 2) to (a cos - b sin, b cos + a sin), with the bits of
/// `layers::apply_rotary`. Computes all heads of the positions [begin, end),
/// where b * L + l is position l of row b.
void apply_rotary_cpu(const RotaryRows& rows, int64_t begin, int64_t end);

} // namespace microfiche::kernels
