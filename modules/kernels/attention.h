#pragma once

#include <torch/types.h>

#include <optional>

namespace microfiche::kernels {

/// Softmax attention, softmax(scale * q k^T + bias) v.
///
/// Shapes: q (B, heads, N, D), k (B, heads, K, D), v (B, heads, K, V) with
/// V <= D, bias broadcast to (B, heads, N, K), returns (B, heads, N, V). A bool
/// bias is a mask, false where a key is hidden. With `causal` a query sees the
/// keys up to its own position, and there must be no bias. `scale` is
/// 1 / sqrt(D) unless it is given.
///
/// LibTorch's fused kernel, with one exception: training in bfloat16 on a CPU
/// with at most 256 keys takes `attention_reference`. There the fused forward
/// and backward are 3 to 11 times slower up to 144 keys, 1.2 times slower at
/// 230 keys, and 0.8 times at 420.
torch::Tensor attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias = std::nullopt,
    bool causal = false,
    std::optional<double> scale = std::nullopt);

/// The definition of `attention` in ATen operations: any device,
/// differentiable.
torch::Tensor attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias = std::nullopt,
    bool causal = false,
    std::optional<double> scale = std::nullopt);

} // namespace microfiche::kernels
