#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// Root-mean-square normalisation over the last dimension,
/// y = x / sqrt(mean(x^2) + eps) * weight, with everything up to the cast back
/// to the dtype of x in float32.
///
/// Shapes: x (..., D), weight (D), returns (..., D) in the dtype of x.
///
/// Runs a kernel of its own, on a GPU or a CPU, when both tensors share one of
/// float32, bfloat16 and, on a GPU, float16, and no gradient is asked for, and
/// `rms_norm_reference` otherwise.
///
/// Throws `c10::Error` when the weight does not fit x.
///
/// Source: Zhang and Sennrich, arXiv:1910.07467, equation 4.
torch::Tensor rms_norm(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps = 1e-6);

/// What `rms_norm` means, in ATen operations: any device, differentiable.
torch::Tensor rms_norm_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps = 1e-6);

} // namespace microfiche::kernels
