#pragma once

#include <torch/types.h>

#include <optional>

namespace microfiche::kernels {

/// Softmax attention, softmax(q k^T / sqrt(D) + bias) v.
///
/// Shapes: q (B, heads, N, D), k and v (B, heads, K, D), bias broadcast to
/// (B, heads, N, K), returns (B, heads, N, D). A bool bias is a mask, false
/// where a key is hidden. With `causal` a query sees the keys up to its own
/// position, and there must be no bias.
///
/// LibTorch's fused kernel, with two exceptions on a CPU. One query per row and
/// head without gradients, as in decoding, takes
/// `kernels/cpu/one_query_attention.h`. Training in bfloat16 with at most 256
/// keys takes `attention_reference`: there the fused forward and backward are 3
/// to 11 times slower up to 144 keys, 1.2 times slower at 230 keys, and 0.8
/// times at 420.
torch::Tensor attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias = std::nullopt,
    bool causal = false);

/// The definition of `attention` in ATen operations: any device,
/// differentiable.
torch::Tensor attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias = std::nullopt,
    bool causal = false);

} // namespace microfiche::kernels
