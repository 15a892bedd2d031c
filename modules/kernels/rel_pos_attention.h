#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// Attention on a square grid with decomposed relative positions.
///
/// The logit of query q and key k, standing in rows q_h, k_h and columns q_w,
/// k_w, is q.k / sqrt(D) + q.R_h[q_h - k_h] + q.R_w[q_w - k_w]; the queries of
/// the last two terms are not scaled.
///
/// Shapes, with N = side * side positions in row-major order:
///   q, k, v: (B, heads, N, D)
///   table_h, table_w: (2 * side - 1, D), row r holds the offset r - (side - 1)
///   returns: (B, heads, N, D)
///
/// Takes `rel_pos_attention_blocked` on a CPU in float32 and bfloat16 when no
/// gradient is asked for, and `rel_pos_attention_reference` otherwise.
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

/// What `rel_pos_attention` means: the bias as a tensor, added to the logits.
torch::Tensor rel_pos_attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side);

/// A few queries and rows of keys at a time, each block of logits starting as
/// its bias, so that nothing of shape (B, heads, N, N) is ever held. CPU only,
/// float32 or bfloat16, without gradients; callers leave the choice to
/// `rel_pos_attention`. The kernel is in kernels/rel_pos_attention_cpu.h.
torch::Tensor rel_pos_attention_blocked(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side);

} // namespace microfiche::kernels
