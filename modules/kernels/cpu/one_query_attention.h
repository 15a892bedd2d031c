#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// Attention of one query per row and head to the keys and values of a cache,
/// in raw memory, as in a decoding step. B rows, H heads, T keys, D channels
/// per head; everything is float32, or everything bfloat16.
struct OneQueryAttention {
  /// (B, H, D) each, contiguous.
  const void* q = nullptr;
  void* y = nullptr;

  /// (B, H, T, D) with contiguous channels and these strides, in elements.
  const void* k = nullptr;
  const void* v = nullptr;
  int64_t row_stride = 0;
  int64_t head_stride = 0;
  int64_t key_stride = 0;

  /// Which keys a row sees, (B, T); null if it sees all.
  const bool* visible = nullptr;
  int64_t visible_stride = 0;

  bool is_bf16 = false;
  int64_t heads = 0;
  int64_t keys = 0;
  int64_t head_dim = 0;
  float scale = 1.0F;
};

/// Computes the pairs [begin, end) of a row and a head, where b * H + h is the
/// pair of row b and head h. Sums are float32. A row that sees no key gets
/// zeros.
void one_query_attention(
    const OneQueryAttention& attention,
    int64_t begin,
    int64_t end);

} // namespace microfiche::kernels
