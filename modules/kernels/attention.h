#pragma once

#include <torch/types.h>

#include <optional>

namespace microfiche::kernels {

/// Softmax attention, softmax(q k^T / sqrt(D) + bias) v.
///
/// Shapes: q (B, heads, N, D), k and v (B, heads, K, D), bias broadcast to
/// (B, heads, N, K), returns (B, heads, N, D). A bias of bool is a mask, false
/// where a key is hidden. With `causal` a query sees the keys up to its own
/// place, and there is no bias.
///
/// LibTorch's fused kernel, except for what that is slow at on a CPU: one query
/// a row and head, a decoding step's, has a kernel of its own, and training on
/// short sequences in bf16 is computed openly, since forward and backward
/// together took 3 to 11 times as long up to 144 keys, 1.2 times at 230, and
/// 0.8 times at 420.
torch::Tensor attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias = std::nullopt,
    bool causal = false);

/// What `attention` means, in ATen operations: any device, differentiable.
torch::Tensor attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias = std::nullopt,
    bool causal = false);

} // namespace microfiche::kernels
