#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// silu(gate) * up, the activation of a gated mlp.
///
/// Shapes: any, the same for both; returns the same shape and dtype.
///
/// `kernels/cpu/silu_product.h` is taken on a CPU, without gradients, for
/// contiguous float32 or bfloat16; everything else is `silu_product_reference`.
torch::Tensor silu_product(const torch::Tensor& gate, const torch::Tensor& up);

/// The definition of `silu_product` in ATen operations: any device,
/// differentiable.
torch::Tensor silu_product_reference(
    const torch::Tensor& gate,
    const torch::Tensor& up);

} // namespace microfiche::kernels
