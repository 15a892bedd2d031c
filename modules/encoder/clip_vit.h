#pragma once

#include "encoder/feed_forward.h"
#include "encoder/second_stage.h"

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <string>

namespace microfiche::encoder {

/// Options for `ClipVit`.
struct ClipVitOptions {
  TORCH_ARG(int64_t, width) = 1024;
  TORCH_ARG(int64_t, layers) = 24;
  TORCH_ARG(int64_t, heads) = 16;

  /// Inner width of the feed-forward layers over `width`.
  TORCH_ARG(double, mlp_ratio) = 4;

  /// Side of the token grid of the learned positions; other grids resample
  /// them.
  TORCH_ARG(int64_t, table_side) = 16;
};

/// x += attention(norm(x)), then x += mlp(norm(x)), over all tokens.
class ClipBlockImpl : public torch::nn::Cloneable<ClipBlockImpl> {
 public:
  explicit ClipBlockImpl(ClipVitOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: tokens (B, N, width), returns (B, N, width).
  torch::Tensor forward(const torch::Tensor& tokens);

  /// The options of the tower that this block belongs to.
  ClipVitOptions options;

  torch::nn::LayerNorm norm1{nullptr};
  layers::Linear qkv{nullptr};
  layers::Linear projection{nullptr};
  torch::nn::LayerNorm norm2{nullptr};
  FeedForward mlp{nullptr};
};

TORCH_MODULE(ClipBlock);

/// The knowledge tower: global attention over the tokens of the compressor. As
/// the second stage of DeepSeek-OCR's encoder it gives the projector its output
/// and the compressor's map, in this order.
///
/// Linear layers, class token and positions start from normal(0, 0.02).
///
/// Source: CLIP, arXiv:2103.00020, as DeepSeek-OCR uses it, arXiv:2510.18234,
/// "DeepEncoder"; deepencoder/clip_sdpa.py (deepseek-ai/DeepSeek-OCR e4ac34e).
class ClipVitImpl : public torch::nn::Cloneable<ClipVitImpl>,
                    public SecondStage {
 public:
  explicit ClipVitImpl(ClipVitOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Runs the tower over the compressor's tokens. The class token is dropped
  /// from the output.
  ///
  /// Shapes: tokens (B, width, n, n), returns (B, n * n, width).
  ///
  /// Throws `c10::Error` when `tokens` has any other shape.
  torch::Tensor forward(const torch::Tensor& tokens) override;

  std::string stage_name() const override;
  int64_t in_channels() const override;
  int64_t feature_width() const override;
  torch::Tensor features(const torch::Tensor& map, const torch::Tensor& output)
      override;
  bool features_have_map() const override;
  void set_recompute(bool on) override;

  /// The options with which this module was constructed.
  ClipVitOptions options;

  /// Recomputes blocks in the backward pass; see `layers::recompute`.
  bool recompute_blocks = false;

  /// (width).
  torch::Tensor class_embedding;
  /// (1 + table_side^2, width); row 0 is for the class token.
  torch::Tensor position_table;
  torch::nn::LayerNorm pre_norm{nullptr};
  torch::nn::ModuleList blocks{nullptr};
};

TORCH_MODULE(ClipVit);

} // namespace microfiche::encoder
