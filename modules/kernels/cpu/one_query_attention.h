#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// One query a row and head against the keys and values of a cache, in raw
/// memory: what a decoding step attends with. B rows, H heads, T keys, D
/// channels a head; all numbers are float32 or all are bfloat16.
struct OneQueryAttention {
  /// (B, H, D) each, contiguous.
  const void* q = nullptr;
  void* y = nullptr;

  /// (B, H, T, D) with contiguous channels and these distances, in elements.
  const void* k = nullptr;
  const void* v = nullptr;
  int64_t row_stride = 0;
  int64_t head_stride = 0;
  int64_t key_stride = 0;

  /// Which keys a row sees, (B, T); null where it sees all.
  const bool* visible = nullptr;
  int64_t visible_stride = 0;

  bool is_bf16 = false;
  int64_t heads = 0;
  int64_t keys = 0;
  int64_t head_dim = 0;
  float scale = 1.0F;
};

/// Attends for the pairs [begin, end) of a row and a head, pair b * H + h; sums
/// are float32. A row that sees no key gets zeros.
void one_query_attention(
    const OneQueryAttention& attention,
    int64_t begin,
    int64_t end);

} // namespace microfiche::kernels
