#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::kernels {

/// silu(gate) * up, what a gated mlp has between its layers.
///
/// Shapes: any, the same for both; returns it in their dtype.
///
/// On a CPU, without gradients, contiguous numbers of float32 or bfloat16 run a
/// kernel; everything else is `silu_product_reference`.
torch::Tensor silu_product(const torch::Tensor& gate, const torch::Tensor& up);

/// What `silu_product` means, in ATen operations.
torch::Tensor silu_product_reference(
    const torch::Tensor& gate,
    const torch::Tensor& up);

/// `count` of them in raw memory, in float32 or bfloat16; y may be `gate`.
void silu_product_cpu(
    const void* gate,
    const void* up,
    void* y,
    bool is_bf16,
    int64_t count);

} // namespace microfiche::kernels
