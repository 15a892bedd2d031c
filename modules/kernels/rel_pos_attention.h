#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// Attention on a square grid with decomposed relative positions.
///
/// The logit of query q in row q_h, column q_w and key k in row k_h, column k_w
/// is q.k / sqrt(D) + q.R_h[q_h - k_h] + q.R_w[q_w - k_w]; the queries of the
/// last two terms are not scaled.
///
/// Shapes, with N = side * side positions in row-major order:
///   q, k, v: (B, heads, N, D)
///   table_h, table_w: (2 * side - 1, D), row r is for offset r - (side - 1)
///   returns: (B, heads, N, D)
///
/// On a CPU, in float32 and bfloat16, one of two other ways is taken where it
/// is faster. Without gradients it is `rel_pos_attention_blocked`, but
/// `rel_pos_attention_extended` in bfloat16 on processors with AMX. With
/// gradients it is `rel_pos_attention_extended`, except in float32 up to 256
/// positions. Everything else is `rel_pos_attention_reference`.
///
/// Throws `c10::Error` when the tables do not fit the grid.
///
/// Source: Li et al., MViTv2, arXiv:2112.01526, "Decomposed relative position
/// embedding"; as SAM uses it, arXiv:2304.02643.
torch::Tensor rel_pos_attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side);

/// The definition of `rel_pos_attention` in ATen operations, with the bias as a
/// tensor: any device, differentiable.
torch::Tensor rel_pos_attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side);

/// Gives the queries and keys 2 * side more channels, so that the product of
/// both contains the bias: a query has its biases for each row and column, and
/// a key has one in the channels of its own row and column. No tensor of shape
/// (B, heads, N, N) exists unless the fused kernel of `attention` makes one.
/// Any device, differentiable.
torch::Tensor rel_pos_attention_extended(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side);

/// Computes a few queries and rows of keys at a time, so that no tensor of
/// shape (B, heads, N, N) exists. CPU only, float32 or bfloat16, without
/// gradients. Callers use `rel_pos_attention`; the kernel is in
/// `kernels/cpu/rel_pos_attention.h`.
torch::Tensor rel_pos_attention_blocked(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side);

} // namespace microfiche::kernels
