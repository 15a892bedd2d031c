#pragma once

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::text_compression {

/// Options for `LatentQueries`.
struct LatentQueriesOptions {
  explicit LatentQueriesOptions(int64_t width) : width_(width) {}

  /// Channels of the embeddings and of the latents.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(int64_t, layers) = 2;

  /// A divisor of `width`.
  TORCH_ARG(int64_t, heads) = 8;

  /// Maximum number of latents.
  TORCH_ARG(int64_t, max_vectors) = 64;
};

/// A layer of `LatentQueries`: the latents attend to the text and to each
/// other, and then go through an MLP.
class LatentLayerImpl : public torch::nn::Cloneable<LatentLayerImpl> {
 public:
  explicit LatentLayerImpl(LatentQueriesOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: latents (B, n, width), text (B, T, width), mask (B, 1, 1, T + n)
  /// bool, false for padding; returns (B, n, width).
  torch::Tensor forward(
      const torch::Tensor& latents,
      const torch::Tensor& text,
      const torch::Tensor& mask);

  /// The options with which this module was constructed.
  LatentQueriesOptions options;

  torch::nn::LayerNorm norm{nullptr};
  layers::Linear query{nullptr};
  layers::Linear key_value{nullptr};
  layers::Linear projection{nullptr};
  torch::nn::LayerNorm mlp_norm{nullptr};
  layers::Linear expand{nullptr};
  layers::Linear contract{nullptr};
};

TORCH_MODULE(LatentLayer);

/// Learned queries that attend to a text and become its vectors.
///
/// Id i of n has the position (i + 1/2) * vectors / n, and query j the position
/// j + 1/2. Both have sinusoidal position embeddings, so that each query starts
/// near the ids of its span.
///
/// Source: the latent tokens of C3, arXiv:2511.15244, computed by a small
/// transformer instead of a language model; the layer is that of the Perceiver
/// resampler in Flamingo, arXiv:2204.14198, section 3.1.
class LatentQueriesImpl : public torch::nn::Cloneable<LatentQueriesImpl> {
 public:
  explicit LatentQueriesImpl(LatentQueriesOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: embeds (B, T, width), positions (B, T) float32, mask (B, T) bool,
  /// false for padding; returns (B, vectors, width).
  ///
  /// Throws `c10::ValueError` for more vectors than queries.
  torch::Tensor forward(
      const torch::Tensor& embeds,
      const torch::Tensor& positions,
      const torch::Tensor& mask,
      int64_t vectors);

  /// The options with which this module was constructed.
  LatentQueriesOptions options;

  /// (max_vectors, width).
  torch::Tensor query_embedding;
  torch::nn::LayerNorm text_norm{nullptr};
  torch::nn::ModuleList layers{nullptr};
  torch::nn::LayerNorm norm{nullptr};
};

TORCH_MODULE(LatentQueries);

/// Sinusoidal position embeddings, with wavelengths from 1/16 to 64 vectors.
///
/// Shapes: positions (...), returns (..., width), float32. `width` is even.
torch::Tensor sinusoidal_embedding(
    const torch::Tensor& positions,
    int64_t width);

} // namespace microfiche::text_compression
