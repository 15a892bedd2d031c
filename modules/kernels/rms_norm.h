#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// Root-mean-square normalisation over the last dimension,
/// y = x / sqrt(mean(x^2) + eps) * weight. x is normalised in float32 and then
/// rounded to its dtype before the weight multiplies it.
///
/// Shapes: x (..., D), weight (D), returns (..., D) in the dtype of x.
///
/// On a GPU without gradients, `kernels/cuda/rms_norm.h` is used when both
/// tensors are float32, bfloat16 or float16. Everything else has the bits of
/// `rms_norm_reference`.
///
/// Throws `c10::Error` when the weight does not fit x.
///
/// Source: Zhang and Sennrich, arXiv:1910.07467, equation 4.
torch::Tensor rms_norm(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps = 1e-6);

/// The definition of `rms_norm` in ATen operations: any device, differentiable.
torch::Tensor rms_norm_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps = 1e-6);

} // namespace microfiche::kernels
