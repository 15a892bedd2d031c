#pragma once

#include "decoder/attention.h"
#include "decoder/moe.h"
#include "layers/gated_mlp.h"
#include "layers/rms_norm.h"

#include <torch/nn.h>

#include <cstdint>
#include <optional>
#include <ostream>

namespace microfiche::decoder {

/// Options for `DecoderLayer`: either `dense` or `moe` is set.
struct DecoderLayerOptions {
  explicit DecoderLayerOptions(AttentionOptions attention)
      : attention_(attention) {}

  TORCH_ARG(AttentionOptions, attention);
  TORCH_ARG(std::optional<layers::GatedMlpOptions>, dense);
  TORCH_ARG(std::optional<MixtureOfExpertsOptions>, moe);
};

/// x += attention(norm(x)), then x += mlp(norm(x)). The mlp is dense or a
/// mixture of experts and is registered as `mlp` in both cases.
class DecoderLayerImpl : public torch::nn::Cloneable<DecoderLayerImpl> {
 public:
  explicit DecoderLayerImpl(DecoderLayerOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (B, L, width), returns (B, L, width).
  torch::Tensor forward(
      const torch::Tensor& x,
      const AttentionContext& context,
      KvCache* cache = nullptr,
      int64_t layer = 0,
      LayerProbe* probe = nullptr);

  /// The options with which this module was constructed.
  DecoderLayerOptions options;

  layers::RmsNorm attention_norm{nullptr};
  Attention attention{nullptr};
  layers::RmsNorm mlp_norm{nullptr};
  /// One of the two is empty.
  layers::GatedMlp dense{nullptr};
  MixtureOfExperts moe{nullptr};
};

TORCH_MODULE(DecoderLayer);

} // namespace microfiche::decoder
