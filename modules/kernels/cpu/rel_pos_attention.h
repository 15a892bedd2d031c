#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// The strides of queries, keys, values or outputs, in elements. The channels
/// of a head are contiguous.
struct HeadLayout {
  int64_t batch_stride = 0;
  int64_t head_stride = 0;
  int64_t position_stride = 0;

  int64_t offset(int64_t batch, int64_t head, int64_t position) const {
    return batch * batch_stride + head * head_stride +
        position * position_stride;
  }
};

/// The arguments of `rel_pos_attention` in raw memory.
struct RelPosAttention {
  /// All float32, or all bfloat16.
  const void* q = nullptr;
  const void* k = nullptr;
  const void* v = nullptr;
  void* y = nullptr;
  HeadLayout q_layout, k_layout, v_layout, y_layout;
  bool is_bf16 = false;

  /// The bias of each query for the keys of a row and for those of a column,
  /// divided by `scale`: (B, heads, side * side, side).
  const float* by_row = nullptr;
  const float* by_column = nullptr;

  int64_t heads = 0;
  int64_t side = 0;
  int64_t head_dim = 0;
  float scale = 1;
};

/// Queries per task. A task belongs to one head.
constexpr int64_t kQueriesPerTask = 24;

/// The number of tasks per head.
int64_t rel_pos_attention_tasks(int64_t side);

/// Computes the tasks [begin, end), counted over all heads of the batch. Logits
/// and sums are float32. Results do not depend on how threads share the tasks.
///
/// Keys and values of each head are first copied into panels. A task then
/// computes the logits of a few rows of keys at a time, which stay in the
/// first-level cache, and rescales earlier sums when a larger logit comes
/// (Milakov and Gimelshein, "Online normalizer calculation for softmax",
/// arXiv:1805.02867). With bfloat16 instructions probabilities are rounded to
/// bfloat16.
void rel_pos_attention_cpu(
    const RelPosAttention& attention,
    int64_t begin,
    int64_t end);

} // namespace microfiche::kernels
