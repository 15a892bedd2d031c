#pragma once

#include "decoder/decoder_layer.h"
#include "decoder/kv_cache.h"
#include "layers/rms_norm.h"

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace microfiche::decoder {

/// Options for `Decoder`; the defaults are the sizes of DeepSeek-OCR.
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
  /// Positions that the model was trained on; a cache may hold more.
  TORCH_ARG(int64_t, max_positions) = 8192;
  /// Positions of its own output that it sees; 0 for all. See Note [Attention
  /// windows].
  TORCH_ARG(int64_t, window) = 0;

  /// The first layers have a dense mlp; the others are mixtures of experts.
  TORCH_ARG(int64_t, first_dense_layers) = 1;
  /// Inner width of a dense mlp.
  TORCH_ARG(int64_t, intermediate_width) = 6848;

  /// Inner width of one expert.
  TORCH_ARG(int64_t, moe_intermediate_width) = 896;
  TORCH_ARG(int64_t, num_experts) = 64;
  TORCH_ARG(int64_t, num_shared_experts) = 2;
  /// Experts per token.
  TORCH_ARG(int64_t, top_k) = 6;
  TORCH_ARG(bool, norm_topk_prob) = false;
  TORCH_ARG(double, routed_scaling_factor) = 1;

  TORCH_ARG(double, norm_eps) = 1e-6;
  /// Standard deviation of the initial weights.
  TORCH_ARG(double, init_std) = 0.02;
};

/// Maps embeddings to logits: a causal transformer with mixtures of experts.
///
/// Linear layers and embeddings start from normal(0, init_std), routers like a
/// linear layer of PyTorch, norms from one.
///
/// Source: DeepSeek-V2 without latent attention, as in DeepSeek-OCR,
/// arXiv:2510.18234, "The MoE Decoder".
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
  /// Without a cache the positions start at 0, and every position sees itself
  /// and those before it; shorter sequences are padded on the right. With a
  /// cache, row b appends its first `lengths[b]` positions (all L if `lengths`
  /// is empty) and sees the cached ones; see Note [Ragged batches]. `probes`,
  /// if not null, has one entry per layer.
  ///
  /// With a window (`DecoderOptions::window`) something must say where each
  /// row's prompt ends: `KvCache::set_prompt_lengths`, or without a cache
  /// `prompt_lengths`, one per row. Without a window they have no effect.
  ///
  /// Shapes: embeds (B, L, width), returns (B, L, width). The outputs of
  /// padding are unspecified.
  ///
  /// Throws `c10::Error` when the shapes do not fit, the cache is too small, or
  /// a window lacks the prompts' lengths.
  torch::Tensor forward(
      const torch::Tensor& embeds,
      KvCache* cache = nullptr,
      const std::vector<int64_t>& lengths = {},
      std::vector<LayerProbe>* probes = nullptr,
      const std::vector<int64_t>& prompt_lengths = {});

  /// Logits after one more id per row, at `places`, the `next_places` of the
  /// cache. Nothing is decided on the host (see `make_step_context`), so
  /// `DecodeGraph` can record it. The caller calls `cache.advance`.
  ///
  /// Shapes: ids (B, 1) and places (3, B), int64 on the device; returns
  /// (B, vocab_size) float32.
  torch::Tensor
  step(const torch::Tensor& ids, const torch::Tensor& places, KvCache& cache);

  /// Whether `step` decides nothing on the host: on a GPU with stacked experts.
  bool is_recordable() const;

  /// Stacks the experts of every layer; see `MixtureOfExperts::stack_experts`.
  void stack_experts();

  /// Next-token logits.
  ///
  /// Shapes: hidden (..., width) from `forward`, returns
  /// (..., vocab_size) float32.
  torch::Tensor logits(const torch::Tensor& hidden);

  /// An empty cache for `batch` rows of at most `capacity` positions, in the
  /// dtype of the activations and on the device of the weights. With a window,
  /// prompt and window together are enough, and the prompts' lengths must be
  /// set.
  KvCache make_cache(int64_t batch, int64_t capacity);

  /// The dtype of activations, that of the norms. Matrices may have another.
  torch::Dtype activation_dtype() const;

  /// The sum of the layers' balance losses in the last training-mode forward, a
  /// float32 scalar; zero without mixtures of experts. DeepSeek-V2 weights it
  /// by 0.001.
  torch::Tensor balance_loss() const;

  /// The options with which this module was constructed.
  DecoderOptions options;

  /// Recomputes layers in the backward pass when there are neither cache nor
  /// probes; see `layers::recompute`.
  bool recompute_layers = false;

  torch::nn::Embedding token_embedding{nullptr};
  torch::nn::ModuleList layers{nullptr};
  layers::RmsNorm norm{nullptr};
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
