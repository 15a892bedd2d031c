#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace microfiche::encoder {

/// Options for `TokenCompressor`.
struct TokenCompressorOptions {
  /// Channels of the patch grid.
  TORCH_ARG(int64_t, in_channels) = 256;

  /// Channels after each stride-2 convolution, which divides the number of
  /// tokens by four. The last is the width of the second stage.
  TORCH_ARG(std::vector<int64_t>, channels) = {512, 1024};
};

/// Turns a grid of patches into fewer, wider vision tokens.
///
/// Source: DeepSeek-OCR, arXiv:2510.18234, "DeepEncoder". Follows `net_2` and
/// `net_3` of deepencoder/sam_vary_sdpa.py (deepseek-ai/DeepSeek-OCR e4ac34e),
/// where the number of stages is fixed at two.
class TokenCompressorImpl : public torch::nn::Cloneable<TokenCompressorImpl> {
 public:
  explicit TokenCompressorImpl(TokenCompressorOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Compresses a patch grid.
  ///
  /// Shapes, with r = 2^stages:
  ///   patches: (B, in_channels, H, W), H and W multiples of r
  ///   returns: (B, channels.back(), H / r, W / r)
  ///
  /// Throws `c10::Error` when `patches` has any other shape.
  torch::Tensor forward(const torch::Tensor& patches);

  /// The options with which this module was constructed.
  TokenCompressorOptions options;

  torch::nn::Sequential stages{nullptr};
};

TORCH_MODULE(TokenCompressor);

} // namespace microfiche::encoder
