#pragma once

#include "encoder/patch_embedding.h"
#include "encoder/sam_block.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace microfiche::encoder {

/// Options for `SamVit`.
struct SamVitOptions {
  /// Side in pixels of the pages of the learned positions; pages of another
  /// side resample them.
  TORCH_ARG(int64_t, image_size) = 1024;

  /// Side of a patch in pixels.
  TORCH_ARG(int64_t, patch_size) = 16;

  TORCH_ARG(int64_t, width) = 768;
  TORCH_ARG(int64_t, layers) = 12;
  TORCH_ARG(int64_t, heads) = 12;

  /// Inner width of the feed-forward layers over `width`.
  TORCH_ARG(double, mlp_ratio) = 4;

  /// Side of the attention windows, in patches.
  TORCH_ARG(int64_t, window_size) = 14;

  /// The layers, counted from 0, that attend to the whole page.
  TORCH_ARG(std::vector<int64_t>, global_attn_indexes) = {2, 5, 8, 11};

  /// Channels after the neck.
  TORCH_ARG(int64_t, neck_channels) = 256;
};

/// Normalises the channels of each pixel of a (B, C, H, W) map.
class ChannelNormImpl : public torch::nn::Cloneable<ChannelNormImpl> {
 public:
  explicit ChannelNormImpl(int64_t channels_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  torch::Tensor forward(const torch::Tensor& x);

  int64_t channels;
  torch::Tensor weight;
  torch::Tensor bias;
};

TORCH_MODULE(ChannelNorm);

/// The perception tower: windowed attention over many patches, then a
/// convolutional neck.
///
/// Linear layers and positions start from normal(0, 0.02), relative positions
/// from zero, convolutions like PyTorch's.
///
/// Source: SAM, arXiv:2304.02643, as DeepSeek-OCR uses it, arXiv:2510.18234,
/// "DeepEncoder"; deepencoder/sam_vary_sdpa.py (deepseek-ai/DeepSeek-OCR
/// e4ac34e).
class SamVitImpl : public torch::nn::Cloneable<SamVitImpl> {
 public:
  explicit SamVitImpl(SamVitOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Encodes a batch of square pages or tiles.
  ///
  /// Shapes, with g = S / patch_size:
  ///   pixels: (B, 3, S, S), normalised to [-1, 1]
  ///   returns: (B, neck_channels, g, g)
  ///
  /// Throws `c10::Error` when `pixels` has any other shape.
  torch::Tensor forward(const torch::Tensor& pixels);

  /// The options with which this module was constructed.
  SamVitOptions options;

  /// Recomputes blocks in the backward pass; see `layers::recompute`.
  bool recompute_blocks = false;

  PatchEmbedding patch_embedding{nullptr};
  /// (1, side, side, width), side = image_size / patch_size.
  torch::Tensor position_table;
  torch::nn::ModuleList blocks{nullptr};
  torch::nn::Sequential neck{nullptr};
};

TORCH_MODULE(SamVit);

} // namespace microfiche::encoder
