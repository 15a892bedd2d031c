#pragma once

#include <torch/types.h>

#include <vector>

namespace microfiche::kernels {

// Note [Weight-only int8]
// An int8 weight has one signed byte per number and one float32 scale per
// output channel: w = weight * scale. It is symmetric, with scale = max |w| of
// the channel / 127. Activations keep their dtype. The scale multiplies the
// finished product, so each weight is rounded only once.

/// y = x w^T + bias for weights of any supported type.
///
/// Shapes: x (..., in), weight (out, in), bias (out) or undefined, scale (out),
/// defined exactly when the weight is quantized; returns (..., out) in the
/// dtype of x.
///
/// Weights are float32, bfloat16, float16, int8 (Note [Weight-only int8]) or
/// int4; the shapes of an int4 weight and its scale are those of `Int4Weight`.
///
/// `kernels/cpu/linear.h` is taken on a CPU without gradients when x is float32
/// or bfloat16 and its rows are few enough for the weight's type
/// (`max_linear_cpu_rows`, `max_linear_cpu_f32_rows`). It reads each weight
/// once and converts it in registers, so products of few rows, as in decoding,
/// take as long as memory needs to deliver the weights. A float32
/// x that has more rows, and a bfloat16, float16 or int8 weight, takes the
/// kernel for float32 weights, up to the rows of that kernel. Everything else
/// is `linear_reference`.
///
/// Without gradients the number of threads changes no bit of what our kernels
/// give. The sums of MKL depend on it, see `max_linear_cpu_f32_rows`. In the
/// float32 kernel a row's result does not depend on the other rows either,
/// except that at most 96 rows and more than 96 rows are summed in different
/// orders.
///
/// Throws `c10::Error` when the shapes do not fit.
torch::Tensor linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias = {},
    const torch::Tensor& scale = {});

/// The arguments of one `linear`.
struct LinearCall {
  torch::Tensor x;
  torch::Tensor weight;
  torch::Tensor bias = {};
  torch::Tensor scale = {};

  /// Where the result is written: contiguous, with as many elements. A new
  /// tensor if undefined.
  torch::Tensor out = {};
};

/// Several independent products in one parallel region.
std::vector<torch::Tensor> grouped_linear(const std::vector<LinearCall>& calls);

/// The definition of `linear` in ATen operations: any device, differentiable
/// unless the weight is quantized.
torch::Tensor linear_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias = {},
    const torch::Tensor& scale = {});

} // namespace microfiche::kernels
