#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// The heads of queries, keys, values or answers in raw memory; the numbers of
/// a head's channels lie side by side. Strides are in numbers.
struct HeadLayout {
  int64_t page_stride = 0;
  int64_t head_stride = 0;
  int64_t position_stride = 0;

  int64_t offset(int64_t page, int64_t head, int64_t position) const {
    return page * page_stride + head * head_stride + position * position_stride;
  }
};

/// What `rel_pos_attention` computes, in raw memory.
struct RelPosAttention {
  /// float32 or bfloat16, all of one type.
  const void* q = nullptr;
  const void* k = nullptr;
  const void* v = nullptr;
  void* y = nullptr;
  HeadLayout q_layout, k_layout, v_layout, y_layout;
  bool is_bf16 = false;

  /// (B, heads, side * side, side): what a query adds to its logits with the
  /// keys of a row and with those of a column, divided by `scale`.
  const float* by_row = nullptr;
  const float* by_column = nullptr;

  int64_t heads = 0;
  int64_t side = 0;
  int64_t head_dim = 0;
  float scale = 1;
};

/// Queries of a task, which is one head's share of them.
constexpr int64_t kQueriesPerTask = 24;

/// How many tasks a head has.
int64_t rel_pos_attention_tasks(int64_t side);

/// Computes the tasks [begin, end) of all pages' heads in order, with logits
/// and sums in float32. An answer does not depend on how tasks are shared out.
///
/// Keys and values are laid out anew once for each head that the tasks touch.
/// Logits are those of a task's queries and of a few rows of keys at a time,
/// which stay in the first-level cache; what the rows before them summed up is
/// corrected when a larger logit comes (Milakov and Gimelshein, "Online
/// normalizer calculation for softmax", arXiv:1805.02867). With bfloat16
/// instructions probabilities are rounded to bfloat16.
void rel_pos_attention_cpu(
    const RelPosAttention& attention,
    int64_t begin,
    int64_t end);

} // namespace microfiche::kernels
