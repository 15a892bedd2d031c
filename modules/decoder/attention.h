#pragma once

#include "decoder/kv_cache.h"
#include "decoder/rms_norm.h"
#include "decoder/rotary_embedding.h"

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::decoder {

/// What all layers of one call share: where the new positions stand and what
/// they see. Made once by `make_attention_context`.
struct AttentionContext {
  /// How queries and keys of the new positions turn.
  Rotation rotation;

  /// Which keys a query may see, (B, 1, L, keys) bool; undefined when `causal`
  /// says it, or when every query sees every key.
  torch::Tensor visible;

  /// New positions see only each other, each those left of it.
  bool causal = true;

  /// Cached keys that the longest row has after this call; 0 without a cache.
  int64_t num_keys = 0;

  /// Where the new positions are written: at one place in all rows, or at
  /// `write_rows` (B, 1) and `write_positions` (B, L).
  int64_t write_begin = 0;
  torch::Tensor write_rows;
  torch::Tensor write_positions;
};

/// The context of `num_new` positions, added to every row of `cache` or, where
/// that is null, standing alone. `like` gives dtype and device.
///
/// Throws `c10::Error` when the longest row would exceed the cache.
AttentionContext make_attention_context(
    int64_t num_new,
    const KvCache* cache,
    int64_t head_dim,
    double rope_theta,
    const torch::TensorOptions& like);

/// The context of one new position a row, row b's at `positions[b]` (B) int64
/// on the device. The whole of `cache` is attended to, under a mask: neither a
/// shape nor anything else depends on where rows stand, as a CUDA graph asks.
AttentionContext make_step_context(
    const torch::Tensor& positions,
    const KvCache& cache,
    int64_t head_dim,
    double rope_theta,
    torch::Dtype dtype);

/// What a caller adds to one layer or wants to see of it; training aids and
/// traces use it, reading needs none.
struct LayerProbe {
  /// Added to the attention logits, (B or 1, heads or 1, L, keys) or undefined.
  torch::Tensor attention_bias;

  /// Asks for `attention`, which costs memory of B * heads * L * keys.
  bool keep_attention = false;

  /// The attention probabilities, (B, heads, L, keys), where asked for.
  torch::Tensor attention;

  /// What the layer gave, (B, L, D).
  torch::Tensor output;
};

/// Options for `Attention`.
struct AttentionOptions {
  AttentionOptions(int64_t width, int64_t heads)
      : width_(width),
        heads_(heads),
        kv_heads_(heads),
        head_dim_(heads > 0 ? width / heads : 0) {}

  /// Channels that come in and go out.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(int64_t, heads);

  /// Heads of keys and values, a divisor of `heads`; each serves as many heads
  /// of queries.
  TORCH_ARG(int64_t, kv_heads);

  /// Channels of one head, even.
  TORCH_ARG(int64_t, head_dim);

  /// Normalises each head's queries and keys before they turn.
  TORCH_ARG(bool, qk_norm) = false;

  TORCH_ARG(double, norm_eps) = 1e-6;
};

/// Causal self-attention with rotary positions, with or without a cache.
class AttentionImpl : public torch::nn::Cloneable<AttentionImpl> {
 public:
  explicit AttentionImpl(AttentionOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Attends over the new positions and what `cache` holds of `layer`.
  ///
  /// Shapes: x (B, L, width), returns (B, L, width).
  torch::Tensor forward(
      const torch::Tensor& x,
      const AttentionContext& context,
      KvCache* cache = nullptr,
      int64_t layer = 0,
      LayerProbe* probe = nullptr);

  /// The options with which this module was constructed.
  AttentionOptions options;

  layers::Linear q_proj{nullptr};
  layers::Linear k_proj{nullptr};
  layers::Linear v_proj{nullptr};
  layers::Linear o_proj{nullptr};
  /// Present with `qk_norm` only.
  RmsNorm q_norm{nullptr};
  RmsNorm k_norm{nullptr};

 private:
  // Writes the new keys and values where the context says.
  void store(
      const torch::Tensor& k,
      const torch::Tensor& v,
      const AttentionContext& context,
      KvCache& cache,
      int64_t layer) const;

  // Shapes: q (B, heads, L, D), k and v (B, kv_heads, K, D), as q.
  torch::Tensor attend(
      const torch::Tensor& q,
      torch::Tensor k,
      torch::Tensor v,
      const AttentionContext& context,
      LayerProbe* probe) const;
};

TORCH_MODULE(Attention);

} // namespace microfiche::decoder
