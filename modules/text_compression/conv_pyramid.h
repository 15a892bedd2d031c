#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::text_compression {

/// Options for `ConvPyramid`.
struct ConvPyramidOptions {
  explicit ConvPyramidOptions(int64_t width) : width_(width) {}

  /// Channels of the embeddings and of everything made from them.
  TORCH_ARG(int64_t, width);

  /// Halvings.
  TORCH_ARG(int64_t, levels) = 5;

  /// Places that the first convolution of a level sees at once; odd.
  TORCH_ARG(int64_t, kernel) = 5;
};

/// One level: two convolutions, the second of stride 2, beside a mean of
/// neighbours.
class ConvLevelImpl : public torch::nn::Cloneable<ConvLevelImpl> {
 public:
  explicit ConvLevelImpl(ConvPyramidOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: (B, width, 2 n), returns (B, width, n).
  torch::Tensor forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  ConvPyramidOptions options;

  torch::nn::Conv1d mix{nullptr};
  torch::nn::GroupNorm mix_norm{nullptr};
  torch::nn::Conv1d halve{nullptr};
  torch::nn::GroupNorm halve_norm{nullptr};
};

TORCH_MODULE(ConvLevel);

/// A residual pyramid of strided convolutions: 2^levels places become one.
///
/// Source: arXiv:2512.03643, the strongest of its direct methods, which has
/// texts of one length; follows `ResidualConvBlock` of
/// trainers/conv1d_residual.py (ivnle/bad-autoencoding 8adfb2c).
class ConvPyramidImpl : public torch::nn::Cloneable<ConvPyramidImpl> {
 public:
  explicit ConvPyramidImpl(ConvPyramidOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: (B, n * 2^levels, width), returns (B, n, width).
  ///
  /// Throws `c10::Error` when the places are no multiple of 2^levels.
  torch::Tensor forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  ConvPyramidOptions options;

  torch::nn::ModuleList blocks{nullptr};
};

TORCH_MODULE(ConvPyramid);

} // namespace microfiche::text_compression
