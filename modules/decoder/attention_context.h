#pragma once

#include "decoder/kv_cache.h"
#include "layers/rotary_embedding.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::decoder {

/// What all layers of one call share: the new positions and the keys that they
/// see. Made once per call by `make_attention_context`.
struct AttentionContext {
  /// The rotation of the new positions' queries and keys.
  layers::Rotation rotation;

  /// Which keys a query may see, (B, 1, L, keys) bool; undefined with `causal`,
  /// or if every query sees every key.
  torch::Tensor visible;

  /// New positions see only themselves and new positions before them.
  bool causal = true;

  /// The cache's slots that the call attends to: those that the longest row
  /// fills after it, or before it with `joins_new`; 0 without a cache.
  int64_t num_keys = 0;

  /// The slots of the new positions: `write_begin` in all rows, or `write_rows`
  /// (B, 1) and `write_slots` (B, L) if they are defined.
  int64_t write_begin = 0;
  torch::Tensor write_rows;
  torch::Tensor write_slots;

  /// Several new positions after a prompt, with a window: a new position may
  /// take the slot of one that an earlier new position sees. So attention
  /// covers `num_keys` slots and the new keys after them, before position
  /// `write_steps[i]` of row `write_rows[i]` goes to slot `write_slots[i]`, (N)
  /// each.
  bool joins_new = false;
  torch::Tensor write_steps;
};

/// The context of `num_new` positions that are appended to every row of
/// `cache`, or that start at 0 when `cache` is null. `like` gives dtype and
/// device. Row b uses the first `lengths[b]` of them, all if `lengths` is
/// empty; only a cache with a window needs to know.
///
/// Throws `c10::Error` when the longest row would exceed the cache, and when a
/// cache with a window does not know its prompts.
AttentionContext make_attention_context(
    int64_t num_new,
    const KvCache* cache,
    int64_t head_dim,
    double rope_theta,
    const torch::TensorOptions& like,
    const std::vector<int64_t>& lengths = {});

/// The context of `num_new` positions from 0 on, without a cache but with its
/// window: row b starts with a prompt of `prompt_lengths[b]` positions. See
/// Note [Attention windows].
AttentionContext make_window_context(
    int64_t num_new,
    int64_t window,
    const std::vector<int64_t>& prompt_lengths,
    int64_t head_dim,
    double rope_theta,
    const torch::TensorOptions& like);

/// The context of one new position per row, at `places` (3, B) int64 on the
/// device, see `KvCache::next_places`. Attention covers the whole cache, under
/// a mask, so that no shape depends on the places: a CUDA graph requires that.
/// With a window, the new position comes after its row's prompt.
AttentionContext make_step_context(
    const torch::Tensor& places,
    const KvCache& cache,
    int64_t head_dim,
    double rope_theta,
    torch::Dtype dtype);

/// True for the keys up to each query's position.
///
/// Shapes: positions (B or 1, L) int64, returns (B or 1, 1, L, num_keys) bool.
torch::Tensor visible_keys(const torch::Tensor& positions, int64_t num_keys);

} // namespace microfiche::decoder
