#pragma once

#include <torch/arg.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::decoder {

// Note [Ragged batches]
// A batch has one sequence per row, and rows differ in length. A call appends
// up to L positions to every row: row b has `lengths[b]` of them, and the rest
// is padding with any contents. Padding is safe because attention is causal: a
// real position only sees positions before it. In the cache each row has its
// own length, which gives the index of the next position and how far its
// queries see. Keys of padding lie beyond that length, and the next call
// overwrites them.
//
// The lengths live on the host, where the caller decides them, so neither a
// mask nor a write waits for the device. While all rows are equally long, there
// is no mask.

/// Sizes of a `KvCache`.
struct KvCacheOptions {
  /// Layers of the decoder.
  TORCH_ARG(int64_t, layers) = 12;

  TORCH_ARG(int64_t, kv_heads) = 10;
  TORCH_ARG(int64_t, head_dim) = 128;

  /// Rows of the batch.
  TORCH_ARG(int64_t, batch) = 1;

  /// Positions per row.
  TORCH_ARG(int64_t, capacity) = 8192;
};

/// Preallocated keys and values of earlier positions; see Note [Ragged
/// batches].
///
/// `Decoder::make_cache` makes one of the right size; `Decoder::forward` fills
/// it. A cache is for inference only: it carries no gradients.
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

  /// Positions in each row.
  const std::vector<int64_t>& lengths() const {
    return lengths_;
  }
  int64_t max_length() const;

  /// Bytes of all keys and values.
  int64_t num_bytes() const;

  /// Keeps the given rows in the given order; a row may be dropped, moved or
  /// repeated. Drop finished rows to save their time.
  ///
  /// Throws `c10::Error` for a row that does not exist.
  void select_rows(const std::vector<int64_t>& rows);

  /// Appends the rows of another cache. The capacity becomes the larger of the
  /// two.
  ///
  /// Throws `c10::Error` when the layers or the sizes of their heads differ.
  void append_rows(const KvCache& other);

  /// Changes the positions per row. Throws `c10::Error` when the longest row
  /// has more than `capacity`.
  void set_capacity(int64_t capacity);

  /// Cuts every row to at most `length` positions.
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

  /// Adds `added[b]` to the length of row b, after all layers have written
  /// their keys and values.
  void advance(const std::vector<int64_t>& added);

 private:
  KvCacheOptions options_;
  std::vector<int64_t> lengths_;
  std::vector<torch::Tensor> keys_;
  std::vector<torch::Tensor> values_;
};

} // namespace microfiche::decoder
