#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// Turns pairs of channels, channel d of the first half with channel d of the
/// second, by an angle: (a cos - b sin, b cos + a sin).
///
/// Shapes:
///   x: (B, H, L, D) with D even
///   cos, sin: (B or 1, 1, L, D / 2) in the dtype of x
///   returns: (B, H, L, D), laid out in memory as x
///
/// On a CPU, without gradients and in float32 or bfloat16, a kernel of its own;
/// `apply_rotary_reference`, whose numbers it gives bit by bit, otherwise.
///
/// Source: Su et al., arXiv:2104.09864, equation 34, with the halves of a head
/// as pairs, as GPT-NeoX has them.
torch::Tensor apply_rotary(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin);

/// What `rotate` means, in ATen operations: any device, differentiable.
torch::Tensor apply_rotary_reference(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin);

} // namespace microfiche::kernels
