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
//
// Note [Attention windows]
// A decoder with a window of W forgets its own output: a position of the answer
// sees the whole prompt and the last W positions of the answer, itself
// included. So a row keeps its prompt and a ring of W positions, whatever the
// length of the answer, and three numbers differ that are equal without a
// window:
//
//   position   0, 1, 2, ... without end: the rotation of queries and keys
//   slot       where keys and values are: the position itself in the prompt and
//              before the ring is full, then prompt + (position - prompt) % W
//   slots      how many of them are filled, at most prompt + W
//
// Where the prompt ends is stated by the caller and never guessed from how many
// positions a call appends: a prompt may come in pieces.
//
// Source: Unlimited-OCR, arXiv:2606.23050; modeling_deepseekv2.py
// (baidu/Unlimited-OCR).

/// Sizes of a `KvCache`.
struct KvCacheOptions {
  /// Layers of the decoder.
  TORCH_ARG(int64_t, layers) = 12;

  TORCH_ARG(int64_t, kv_heads) = 10;
  TORCH_ARG(int64_t, head_dim) = 128;

  /// Rows of the batch.
  TORCH_ARG(int64_t, batch) = 1;

  /// Positions per row; with a window, slots.
  TORCH_ARG(int64_t, capacity) = 8192;

  /// Positions of the answer that stay; 0 for all. See Note [Attention
  /// windows].
  TORCH_ARG(int64_t, window) = 0;
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

  /// See `KvCacheOptions::window`.
  int64_t window() const {
    return options_.window();
  }

  /// Positions in each row so far, also those that a window has dropped.
  const std::vector<int64_t>& lengths() const {
    return lengths_;
  }
  int64_t max_length() const;

  /// States how many positions of each row are its prompt, of which a window
  /// drops none. A cache with a window needs it before the first position.
  ///
  /// Throws `c10::Error` unless there is one length of at least 1 per row, and
  /// when a row already has positions.
  void set_prompt_lengths(std::vector<int64_t> lengths);

  /// The prompt of each row; empty if it was not stated.
  const std::vector<int64_t>& prompt_lengths() const {
    return prompt_lengths_;
  }

  /// The slot of a position of a row, and the slots of a row that are filled
  /// once it has `length` positions.
  int64_t slot(int64_t row, int64_t position) const;
  int64_t filled_slots(int64_t row, int64_t length) const;

  /// The most slots that a row fills after `added` more positions in every row;
  /// the cache needs such a capacity.
  int64_t max_slots(int64_t added = 0) const;

  /// Where the next position of each row goes, (3, B) int64 on the CPU: its
  /// position, its slot, and the slots that are filled with it.
  torch::Tensor next_places() const;

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
  /// Throws `c10::Error` when the layers, the sizes of their heads or the
  /// windows differ.
  void append_rows(const KvCache& other);

  /// Changes the capacity. Throws `c10::Error` when a row fills more slots.
  void set_capacity(int64_t capacity);

  /// Cuts every row to at most `length` positions. Throws `c10::Error` when a
  /// row lacks some of these because its window dropped them.
  void truncate(int64_t length);

  /// Cuts row b to at most `lengths[b]` positions. With a window, the caller
  /// has put back the keys and values that the cut positions replaced.
  ///
  /// Throws `c10::Error` unless there is one length of at least 0 per row.
  void cut_rows(const std::vector<int64_t>& lengths);

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
  std::vector<int64_t> prompt_lengths_;
  std::vector<torch::Tensor> keys_;
  std::vector<torch::Tensor> values_;
};

} // namespace microfiche::decoder
