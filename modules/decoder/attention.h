#pragma once

#include "decoder/attention_context.h"
#include "decoder/kv_cache.h"
#include "layers/rms_norm.h"

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::decoder {

/// Inputs to and outputs of one layer's attention, for training losses and
/// traces. Reading does not use it.
struct LayerProbe {
  /// Added to the attention logits, (B or 1, heads or 1, L, keys) or undefined.
  torch::Tensor attention_bias;

  /// Fills `attention`, which takes B * heads * L * keys elements.
  bool keep_attention = false;

  /// The attention probabilities, (B, heads, L, keys), with `keep_attention`.
  torch::Tensor attention;

  /// The output of the layer, (B, L, D).
  torch::Tensor output;
};

/// Options for `Attention`.
struct AttentionOptions {
  AttentionOptions(int64_t width, int64_t heads)
      : width_(width),
        heads_(heads),
        kv_heads_(heads),
        head_dim_(heads > 0 ? width / heads : 0) {}

  /// Channels of the input and of the output.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(int64_t, heads);

  /// Heads of keys and values, a divisor of `heads`; each is shared by
  /// heads / kv_heads heads of queries.
  TORCH_ARG(int64_t, kv_heads);

  /// Channels of one head, even.
  TORCH_ARG(int64_t, head_dim);

  /// Normalises each head's queries and keys before the rotation.
  TORCH_ARG(bool, qk_norm) = false;

  TORCH_ARG(double, norm_eps) = 1e-6;
};

/// Causal self-attention with rotary position embeddings, with or without a
/// cache.
class AttentionImpl : public torch::nn::Cloneable<AttentionImpl> {
 public:
  explicit AttentionImpl(AttentionOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Attends to the new positions and to the cached positions of `layer`.
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
  /// Only with `qk_norm`.
  layers::RmsNorm q_norm{nullptr};
  layers::RmsNorm k_norm{nullptr};

 private:
  // Writes the new keys and values, (B, kv_heads, L, D), to the cache.
  void store(
      const torch::Tensor& k,
      const torch::Tensor& v,
      const AttentionContext& context,
      KvCache& cache,
      int64_t layer) const;

  // Shapes: q (B, heads, L, D), k and v (B, kv_heads, K, D), returns as q.
  torch::Tensor attend(
      const torch::Tensor& q,
      torch::Tensor k,
      torch::Tensor v,
      const AttentionContext& context,
      LayerProbe* probe) const;
};

TORCH_MODULE(Attention);

} // namespace microfiche::decoder
