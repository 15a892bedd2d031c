#pragma once

#include <torch/arg.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::decoder {

// Note [Ragged batches]
// A batch holds one sequence a row, and rows differ in length. A call adds up
// to L positions to every row: row b holds `lengths[b]` of them, and what
// stands right of those is padding that may hold anything. Padding is safe
// because attention is causal: a real position only sees what is left of it. In
// the cache each row has its own length, which says where the next position is
// written and how far its queries see; keys of padding lie beyond the length
// and are overwritten by what comes next.
//
// The lengths live on the host, where the caller decides them, so neither a
// mask nor a write ever waits for the device. As long as all rows are equally
// long no mask is made.

/// Sizes of a `KvCache`.
struct KvCacheOptions {
  /// Layers of the decoder.
  TORCH_ARG(int64_t, layers) = 12;

  TORCH_ARG(int64_t, kv_heads) = 10;
  TORCH_ARG(int64_t, head_dim) = 128;

  /// Rows of the batch.
  TORCH_ARG(int64_t, batch) = 1;

  /// Positions that a row can hold.
  TORCH_ARG(int64_t, capacity) = 8192;
};

/// Keys and values already computed, preallocated; see Note [Ragged batches].
///
/// `Decoder::make_cache` makes one that fits; `Decoder::forward` fills it. A
/// cache serves inference only: nothing in it carries a gradient.
class KvCache {
 public:
  /// `like` gives dtype and device.
  KvCache(KvCacheOptions options, const torch::TensorOptions& like);

  int64_t batch() const {
    return static_cast<int64_t>(lengths_.size());
  }
  int64_t capacity() const {
    return options_.capacity();
  }

  /// Positions that each row holds.
  const std::vector<int64_t>& lengths() const {
    return lengths_;
  }
  int64_t max_length() const;

  /// Bytes that keys and values take.
  int64_t num_bytes() const;

  /// Keeps the given rows, in the given order; a row may be dropped, moved or
  /// repeated. Rows that have finished are dropped so that they stop costing.
  ///
  /// Throws `c10::Error` for a row that does not exist.
  void select_rows(const std::vector<int64_t>& rows);

  /// Adds the rows of another cache after those here, so that new rows join
  /// running ones. The capacity becomes the larger of the two.
  ///
  /// Throws `c10::Error` when the layers or the sizes of their heads differ.
  void append_rows(const KvCache& other);

  /// Changes how many positions a row can hold. Throws `c10::Error` when that
  /// is less than the longest row holds.
  void set_capacity(int64_t capacity);

  /// Forgets what lies beyond `length` in every row.
  void truncate(int64_t length);

  /// Keys and values of one layer, (B, capacity, kv_heads, head_dim). Rows are
  /// written by `Attention`; see `AttentionContext`.
  torch::Tensor& keys(int64_t layer) {
    return keys_.at(layer);
  }
  torch::Tensor& values(int64_t layer) {
    return values_.at(layer);
  }
  const torch::Tensor& keys(int64_t layer) const {
    return keys_.at(layer);
  }

  /// Makes every row longer, after all layers have written their positions.
  void advance(const std::vector<int64_t>& added);

 private:
  KvCacheOptions options_;
  std::vector<int64_t> lengths_;
  std::vector<torch::Tensor> keys_;
  std::vector<torch::Tensor> values_;
};

} // namespace microfiche::decoder
