#pragma once

#include "kernels/cpu/linear.h"

#include <torch/types.h>

#include <cstdint>

namespace microfiche::kernels {

// Note [Weight-only int4]
// An int4 weight has four bits per number and one scale per group of 32, 64 or
// 128 neighbouring inputs of an output channel: w = (q - z) * scale, with q and
// z in [-8, 7]. The zero point z of every group is 0 unless zero points are
// stored. One int32 holds eight numbers as q + 8, the first in the lowest bits.
// That is the layout "pack-quantized" of the package compressed-tensors.
// Activations keep their dtype.

/// An int4 weight.
struct Int4Weight {
  /// (out, in / 8) int32.
  torch::Tensor packed;
  /// (out, in / group) bfloat16 or float32; with zero points (2, out, in /
  /// group), the scales and then the zero points.
  torch::Tensor scale;
};

/// Whether a weight (out, in / 8) holds int4 numbers.
bool is_int4(const torch::Tensor& weight);

/// The inputs of a weight of any type; eight per int32.
int64_t input_width(const torch::Tensor& weight);

/// Whether groups may have this many inputs.
bool is_int4_group(int64_t group);

/// Whether these are the scales of an int4 weight of `out` channels of `in`
/// inputs.
bool fits_int4(const torch::Tensor& scale, int64_t out, int64_t in);

/// The groups of an int4 weight in raw memory, which the tensors keep. The
/// scale is contiguous.
Int4Groups int4_groups(const torch::Tensor& weight, const torch::Tensor& scale);

/// Rounds a weight (out, in) in floating point to int4 with scales in bfloat16.
/// Of several scales per group it takes the one with the least squared error. A
/// group with a number that is not finite gets the scale NaN.
///
/// Throws `c10::Error` unless `is_int4_group(group)` and group divides in.
Int4Weight
quantize_int4(const torch::Tensor& weight, int64_t group, bool zero_points);

/// The numbers q of a packed tensor (rows, words), (rows, 8 * words) int8.
torch::Tensor unpack_int4(const torch::Tensor& packed);

/// Packs int8 numbers in [-8, 7], (rows, columns), into (rows, ceil(columns /
/// 8)) int32. The bits after the last number are zero.
torch::Tensor pack_int4(const torch::Tensor& numbers);

/// The weight (out, in) in floating point; in ATen operations, on any device.
torch::Tensor dequantize_int4(
    const torch::Tensor& packed,
    const torch::Tensor& scale,
    torch::Dtype dtype);

} // namespace microfiche::kernels
