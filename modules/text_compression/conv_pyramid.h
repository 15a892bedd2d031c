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

  /// Levels, each of which halves the length.
  TORCH_ARG(int64_t, levels) = 5;

  /// Kernel size of the first convolution of a level; odd.
  TORCH_ARG(int64_t, kernel) = 5;
};

/// One level: two convolutions, the second with stride 2, plus the mean of each
/// pair of neighbours.
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

/// A residual pyramid of strided convolutions, which reduces 2^levels positions
/// to one.
///
/// Source: arXiv:2512.03643, the best of its direct methods, which uses texts
/// of one length; follows `ResidualConvBlock` of trainers/conv1d_residual.py
/// (ivnle/bad-autoencoding 8adfb2c).
class ConvPyramidImpl : public torch::nn::Cloneable<ConvPyramidImpl> {
 public:
  explicit ConvPyramidImpl(ConvPyramidOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: (B, n * 2^levels, width), returns (B, n, width).
  ///
  /// Throws `c10::Error` unless the length is a multiple of 2^levels.
  torch::Tensor forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  ConvPyramidOptions options;

  torch::nn::ModuleList blocks{nullptr};
};

TORCH_MODULE(ConvPyramid);

} // namespace microfiche::text_compression
