#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::training {

/// Options for `GlyphHead`.
struct GlyphHeadOptions {
  explicit GlyphHeadOptions(int64_t token_width) : token_width_(token_width) {}

  /// Channels of a vision token.
  TORCH_ARG(int64_t, token_width);

  /// Channels of a cell.
  TORCH_ARG(int64_t, width) = 128;

  /// Cells along the side of a square, a divisor of `pixels_per_token`.
  TORCH_ARG(int64_t, cells) = 4;

  /// Pixels along the side of the square that a vision token stands for, and
  /// the number of its squares; see `page::TokenLayout`.
  TORCH_ARG(int64_t, pixels_per_token) = 64;
  TORCH_ARG(int64_t, squares_per_token) = 1;
};

/// Predicts the character at a point of the page from the vision tokens. It
/// trains the encoder and is not part of the saved model.
///
/// A linear layer expands each vision token to its cells. The point's cell and
/// its pixel offset inside the cell then go through two layers. So each token
/// learns which characters it covers, and where, before a decoder can read.
class GlyphHeadImpl : public torch::nn::Cloneable<GlyphHeadImpl> {
 public:
  explicit GlyphHeadImpl(GlyphHeadOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Predicts the labels of P points of each page.
  ///
  /// Shapes:
  ///   tokens: (B, n * n / squares_per_token, token_width), row-major
  ///   points: (B, P, 2) x and y in pixels, inside the page
  ///   returns: (B, P, GlyphPoint::kNumLabels) logits, float32
  ///
  /// Throws `c10::Error` for other shapes.
  torch::Tensor forward(
      const torch::Tensor& tokens,
      const torch::Tensor& points);

  /// The options with which this module was constructed.
  GlyphHeadOptions options;

  torch::nn::Linear spread{nullptr};
  torch::nn::Embedding column{nullptr};
  torch::nn::Embedding row{nullptr};
  torch::nn::LayerNorm norm{nullptr};
  torch::nn::Linear hidden{nullptr};
  torch::nn::Linear classify{nullptr};
};

TORCH_MODULE(GlyphHead);

} // namespace microfiche::training
