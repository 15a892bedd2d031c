#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::kernels {

/// Convolves images with a square kernel.
///
/// Shapes: x (B, C, H, W), weight (out, C, side, side), bias (out) or
/// undefined; returns (B, out, H', W') with H' = (H + 2 padding - side) /
/// stride + 1.
///
/// On a CPU, without gradients, in float32 and bfloat16, it is a `linear` of
/// the patches under the kernel. Reason: oneDNN's sums depend on the number of
/// threads, those of `linear` do not. Everything else is
/// `convolution_reference`.
torch::Tensor convolution(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    int64_t stride,
    int64_t padding);

/// The definition of `convolution`, ATen's operation.
torch::Tensor convolution_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    int64_t stride,
    int64_t padding);

} // namespace microfiche::kernels
