#pragma once

#include "encoder/feed_forward.h"

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::encoder {

/// What every normalisation of the perception tower, its neck's too, adds to a
/// variance.
constexpr double kSamNormEps = 1e-6;

/// Options for `SamAttention`.
struct SamAttentionOptions {
  SamAttentionOptions(int64_t width, int64_t heads, int64_t table_side)
      : width_(width), heads_(heads), table_side_(table_side) {}

  /// Channels that come in and go out, a multiple of `heads`.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(int64_t, heads);

  /// Side of the grid for which the relative positions were learned; the
  /// tables hold 2 * table_side - 1 offsets.
  TORCH_ARG(int64_t, table_side);

  /// Side of the windows inside which patches attend; 0 is the whole grid.
  TORCH_ARG(int64_t, window_size) = 0;
};

// Note [Padded windows]
// A grid that is no multiple of the window is padded with zeros at its right
// and bottom. The padding is not masked: the published weights were trained
// with real patches attending to it. A zero's query, key and value are the
// bias of their linear layer, so the layer runs over the real patches and the
// bias is what is padded with: the same numbers for less work (at 512 px, 1024
// patches instead of 1764).

/// Self-attention over a square grid or its windows, with decomposed relative
/// positions.
///
/// A grid of another side than the table's resamples the tables along their
/// length: linear, in float32, without antialiasing.
class SamAttentionImpl : public torch::nn::Cloneable<SamAttentionImpl> {
 public:
  explicit SamAttentionImpl(SamAttentionOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: grid (B, S, S, width), returns (B, S, S, width).
  torch::Tensor forward(const torch::Tensor& grid);

  /// The options with which this module was constructed.
  SamAttentionOptions options;

  layers::Linear qkv{nullptr};
  layers::Linear projection{nullptr};
  /// (2 * table_side - 1, width / heads) each, zero at the start.
  torch::Tensor rel_pos_h;
  torch::Tensor rel_pos_w;
};

TORCH_MODULE(SamAttention);

/// Options for `SamBlock`.
struct SamBlockOptions {
  SamBlockOptions(int64_t width, int64_t heads, int64_t table_side)
      : width_(width), heads_(heads), table_side_(table_side) {}

  /// Channels that come in and go out, a multiple of `heads`.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(int64_t, heads);

  /// Side of the patch grid for which positions were learned.
  TORCH_ARG(int64_t, table_side);

  /// Side of the windows inside which patches attend; 0 is the whole grid.
  TORCH_ARG(int64_t, window_size) = 0;

  /// Inner width of the feed-forward layers over `width`.
  TORCH_ARG(double, mlp_ratio) = 4;
};

/// x += attention(norm(x)), then x += mlp(norm(x)), in windows or on the whole
/// grid; see Note [Padded windows].
///
/// Source: SAM, arXiv:2304.02643; ViTDet, arXiv:2203.16527.
class SamBlockImpl : public torch::nn::Cloneable<SamBlockImpl> {
 public:
  explicit SamBlockImpl(SamBlockOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: grid (B, S, S, width), returns (B, S, S, width).
  torch::Tensor forward(const torch::Tensor& grid);

  /// The options with which this module was constructed.
  SamBlockOptions options;

  torch::nn::LayerNorm norm1{nullptr};
  SamAttention attention{nullptr};
  torch::nn::LayerNorm norm2{nullptr};
  FeedForward mlp{nullptr};
};

TORCH_MODULE(SamBlock);

} // namespace microfiche::encoder
