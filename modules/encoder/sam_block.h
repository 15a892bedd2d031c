#pragma once

#include "encoder/feed_forward.h"

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::encoder {

/// The epsilon of every norm in the perception tower and its neck.
constexpr double kSamNormEps = 1e-6;

/// Options for `SamAttention`.
struct SamAttentionOptions {
  SamAttentionOptions(int64_t width, int64_t heads, int64_t table_side)
      : width_(width), heads_(heads), table_side_(table_side) {}

  /// Channels of the input and of the output, a multiple of `heads`.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(int64_t, heads);

  /// Side of the grid of the learned relative positions; the tables have
  /// 2 * table_side - 1 rows.
  TORCH_ARG(int64_t, table_side);

  /// Side of the attention windows in patches; 0 means the whole grid.
  TORCH_ARG(int64_t, window_size) = 0;
};

// Note [Padded windows]
// A grid that is not a multiple of the window is padded with zeros on the right
// and at the bottom. The padding is not masked, because the published weights
// were trained with real patches attending to it. The query, key and value of a
// zero patch are the bias of the linear layer. So the layer runs on the real
// patches only, and its output is padded with the bias: the same result for
// less work (1024 instead of 1764 patches at 512 px).

/// Self-attention over a square grid or its windows, with decomposed relative
/// positions.
///
/// For a grid of another side the tables are resampled along their length:
/// linear, in float32, without antialiasing.
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
  /// (2 * table_side - 1, width / heads) each; they start at zero.
  torch::Tensor rel_pos_h;
  torch::Tensor rel_pos_w;
};

TORCH_MODULE(SamAttention);

/// Options for `SamBlock`.
struct SamBlockOptions {
  SamBlockOptions(int64_t width, int64_t heads, int64_t table_side)
      : width_(width), heads_(heads), table_side_(table_side) {}

  /// Channels of the input and of the output, a multiple of `heads`.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(int64_t, heads);

  /// Side of the patch grid of the learned positions.
  TORCH_ARG(int64_t, table_side);

  /// Side of the attention windows in patches; 0 means the whole grid.
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
