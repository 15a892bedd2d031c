#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::layers {

/// The cosines and sines that rotate queries and keys at their positions.
///
/// Shapes: (B or 1, 1, L, head_dim / 2) each, in the dtype of the activations.
struct Rotation {
  torch::Tensor cos;
  torch::Tensor sin;
};

/// The rotation of each position: the angle of channel pair d is
/// position * theta^(-2 d / head_dim), computed in float32.
///
/// Shapes: positions (B or 1, L) int64.
///
/// Source: RoFormer, arXiv:2104.09864, equation 15.
Rotation make_rotation(
    const torch::Tensor& positions,
    int64_t head_dim,
    double theta,
    torch::Dtype dtype);

/// Rotary position embedding: rotates each channel pair (a, b) = (d, d +
/// head_dim / 2) to (a cos - b sin, b cos + a sin), the order of GPT-NeoX.
///
/// Shapes: x (B, heads, L, head_dim), returns the same shape.
torch::Tensor apply_rotary(const torch::Tensor& x, const Rotation& rotation);

} // namespace microfiche::layers
