#pragma once

#include "decoder/decoder_layer.h"
#include "decoder/kv_cache.h"
#include "decoder/rms_norm.h"

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace microfiche::decoder {

/// Options for `Decoder`, by default the sizes of DeepSeek-OCR's.
struct DecoderOptions {
  /// Channels of one head.
  int64_t head_dim() const;

  TORCH_ARG(int64_t, vocab_size) = 129280;
  TORCH_ARG(int64_t, width) = 1280;
  TORCH_ARG(int64_t, layers) = 12;

  TORCH_ARG(int64_t, heads) = 10;
  /// Heads of keys and values, a divisor of `heads`.
  TORCH_ARG(int64_t, kv_heads) = 10;
  /// Normalises each head's queries and keys.
  TORCH_ARG(bool, qk_norm) = false;
  TORCH_ARG(double, rope_theta) = 10000;
  /// Positions for which the model was trained; a cache may hold more.
  TORCH_ARG(int64_t, max_positions) = 8192;

  /// Layers at the start with a dense mlp; those after them route.
  TORCH_ARG(int64_t, first_dense_layers) = 1;
  /// Inner width of a dense mlp.
  TORCH_ARG(int64_t, intermediate_width) = 6848;

  /// Inner width of one expert.
  TORCH_ARG(int64_t, moe_intermediate_width) = 896;
  TORCH_ARG(int64_t, num_experts) = 64;
  TORCH_ARG(int64_t, num_shared_experts) = 2;
  /// Experts that each token goes to.
  TORCH_ARG(int64_t, top_k) = 6;
  TORCH_ARG(bool, norm_topk_prob) = false;
  TORCH_ARG(double, routed_scaling_factor) = 1;

  TORCH_ARG(double, norm_eps) = 1e-6;
  /// Standard deviation of the weights at the start.
  TORCH_ARG(double, init_std) = 0.02;
};

/// Embeddings to logits: a causal transformer whose later layers route tokens
/// to experts.
///
/// Linear layers and embeddings start from normal(0, init_std), routers from
/// PyTorch's initialisation of a linear layer, norms from one.
///
/// Source: DeepSeek-V2's class with its latent attention off, as DeepSeek-OCR
/// uses it, arXiv:2510.18234, "The MoE Decoder".
class DecoderImpl : public torch::nn::Cloneable<DecoderImpl> {
 public:
  explicit DecoderImpl(DecoderOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Embeds token ids.
  ///
  /// Shapes: ids (B, L) int64, returns (B, L, width).
  torch::Tensor embed(const torch::Tensor& ids);

  /// Runs the layers over new positions, and the final norm.
  ///
  /// Without a cache the positions start at 0, and every position sees those
  /// left of it; sequences of other lengths are padded at their right. With
  /// one, row b adds its first `lengths[b]` positions to the cache (all L where
  /// `lengths` is empty) and sees what the cache holds; see Note [Ragged
  /// batches]. `probes`, where given, has one entry a layer.
  ///
  /// Shapes: embeds (B, L, width), returns (B, L, width); what stands right of
  /// a row's length means nothing.
  ///
  /// Throws `c10::Error` when the shapes do not fit, or the cache is too small.
  torch::Tensor forward(
      const torch::Tensor& embeds,
      KvCache* cache = nullptr,
      const std::vector<int64_t>& lengths = {},
      std::vector<LayerProbe>* probes = nullptr);

  /// Logits after one more id a row, row b's at `positions[b]`, with nothing
  /// decided on the host (see `make_step_context`): `DecodeGraph` records it.
  /// It leaves `cache.advance` to the caller.
  ///
  /// Shapes: ids (B, 1) and positions (B), int64 on the device; returns
  /// (B, vocab_size) float32.
  torch::Tensor step(
      const torch::Tensor& ids,
      const torch::Tensor& positions,
      KvCache& cache);

  /// Whether the layers decide nothing on the host either: on a GPU with
  /// stacked experts.
  bool is_recordable() const;

  /// Moves the matrices of each layer's experts side by side; see
  /// `MixtureOfExperts::stack_experts`.
  void stack_experts();

  /// Next-token logits.
  ///
  /// Shapes: hidden (..., width) as `forward` gives it, returns
  /// (..., vocab_size) float32.
  torch::Tensor logits(const torch::Tensor& hidden);

  /// An empty cache for `batch` rows of at most `capacity` positions, in the
  /// dtype and on the device of the weights.
  KvCache make_cache(int64_t batch, int64_t capacity);

  /// The sum of the layers' balance losses of the last training-mode forward,
  /// a float32 scalar to be weighted (0.001 in DeepSeek-V2); zero without
  /// routing layers.
  torch::Tensor balance_loss() const;

  /// The options with which this module was constructed.
  DecoderOptions options;

  /// Runs layers again for their gradients, where they have neither cache nor
  /// probes; see `layers::recompute`.
  bool recompute_layers = false;

  torch::nn::Embedding token_embedding{nullptr};
  torch::nn::ModuleList layers{nullptr};
  RmsNorm norm{nullptr};
  layers::Linear lm_head{nullptr};

 private:
  torch::Tensor forward_recomputed(
      int64_t layer,
      const torch::Tensor& x,
      const AttentionContext& context);
  DecoderLayerOptions layer_options(int64_t layer) const;
  void initialize();
  torch::Tensor run_layers(
      torch::Tensor x,
      const AttentionContext& context,
      KvCache* cache,
      std::vector<LayerProbe>* probes);
};

TORCH_MODULE(Decoder);

} // namespace microfiche::decoder
