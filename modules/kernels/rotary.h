#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// Rotary position embedding: rotates each pair of channels, a from the first
/// half of a head and b from the second, to (a cos - b sin, b cos + a sin).
///
/// Shapes:
///   x: (B, H, L, D) with D even
///   cos, sin: (B or 1, 1, L, D / 2) in the dtype of x
///   returns: (B, H, L, D), with the strides of x
///
/// `kernels/cpu/rotary.h` is taken on a CPU, without gradients, in float32 and
/// bfloat16; everything else is `apply_rotary_reference`. Both give the same
/// bits.
///
/// Source: Su et al., arXiv:2104.09864, equation 34, with pairs
/// across the halves of a head, as in GPT-NeoX.
torch::Tensor apply_rotary(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin);

/// The definition of `apply_rotary` in ATen operations: any device,
/// differentiable.
torch::Tensor apply_rotary_reference(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin);

} // namespace microfiche::kernels
