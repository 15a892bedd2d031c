#pragma once

#include "text_compression/conv_pyramid.h"
#include "text_compression/latent_queries.h"
#include "text_compression/text_compressor_config.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace microfiche::text_compression {

/// Options for `TextCompressor`.
struct TextCompressorOptions {
  TextCompressorOptions(int64_t width, TextCompressorConfig config)
      : width_(width), config_(config) {}

  /// Channels of the decoder.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(TextCompressorConfig, config);
};

/// Compresses the embeddings of a text into a few vectors, which replace the
/// vision tokens of a page in the decoder's input. It is the text baseline; the
/// encoder's `TokenCompressor` makes vision tokens from patches of a page.
///
/// The direct-text baselines of arXiv:2512.03643 and two more; see `Method`.
/// Truncation and mean pooling have no parameters; they use the decoder's own
/// embeddings, which are trained.
class TextCompressorImpl : public torch::nn::Cloneable<TextCompressorImpl> {
 public:
  explicit TextCompressorImpl(TextCompressorOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Compresses B texts. Padding does not change the result of a text.
  ///
  /// Shapes: embeds (B, T, width), text b being its first `lengths[b]` rows;
  /// returns (B, vectors, width). With truncation and mean pooling a text with
  /// fewer ids than vectors leaves some vectors zero.
  ///
  /// Throws `c10::Error` for a method without a fixed count and for embeddings
  /// of another width.
  torch::Tensor forward(
      const torch::Tensor& embeds,
      const std::vector<int64_t>& lengths,
      int64_t vectors);

  /// The options with which this module was constructed.
  TextCompressorOptions options;

  /// The module of the method; the other is empty.
  ConvPyramid conv_pyramid{nullptr};
  LatentQueries latent_queries{nullptr};

 private:
  torch::Tensor compress(
      const torch::Tensor& embeds,
      const std::vector<int64_t>& lengths,
      int64_t vectors);
};

TORCH_MODULE(TextCompressor);

} // namespace microfiche::text_compression
