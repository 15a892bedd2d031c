#pragma once

#include "encoder/second_stage.h"

#include "layers/gated_mlp.h"
#include "layers/linear.h"
#include "layers/rms_norm.h"
#include "layers/rotary_embedding.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace microfiche::encoder {

/// Options for `CausalFlow`.
struct CausalFlowOptions {
  int64_t head_dim() const;

  TORCH_ARG(int64_t, width) = 896;
  TORCH_ARG(int64_t, layers) = 24;
  TORCH_ARG(int64_t, heads) = 14;

  /// Heads of keys and values; each serves heads / kv_heads adjacent heads of
  /// the queries.
  TORCH_ARG(int64_t, kv_heads) = 2;

  TORCH_ARG(int64_t, inner_width) = 4864;
  TORCH_ARG(double, rope_theta) = 1e6;
  TORCH_ARG(double, norm_eps) = 1e-6;

  /// Sides, in pixels, of the views that it has learned queries for.
  TORCH_ARG(std::vector<int64_t>, view_sides_px) = {768, 1024};

  /// Pixels along the side of one token of the compressor.
  TORCH_ARG(int64_t, pixels_per_token) = 64;

  /// Tokens of the compressor for each learned query; 1 as published.
  TORCH_ARG(int64_t, squares_per_query) = 1;
};

// Note [Causal flow]
// n * n tokens of the compressor, row by row, are followed by q learned queries
// in one sequence. The tokens see each other and no query; a query sees all
// tokens, the queries before it and itself. Positions run on over both parts.
// The outputs of the queries are the vision tokens, so their order is learned,
// and need not be that of the rows. As published, q = n * n; with fewer queries
// (`squares_per_query`) the stage compresses further.
//
// Newer transformers drop this mask without a word and compute a plain causal
// one; the reference tensors come from version 4.46.3.

/// What the attention of all layers shares, for one number of tokens.
struct FlowContext {
  layers::Rotation rotation;

  /// (n * n + q, n * n + q) bool, true where a row sees a column.
  torch::Tensor mask;
};

/// Self-attention with grouped heads and rotary positions. Queries, keys and
/// values have biases, the output has none.
class FlowAttentionImpl : public torch::nn::Cloneable<FlowAttentionImpl> {
 public:
  explicit FlowAttentionImpl(CausalFlowOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (B, L, width), returns (B, L, width).
  torch::Tensor forward(const torch::Tensor& x, const FlowContext& context);

  /// The options of the flow that this layer belongs to.
  CausalFlowOptions options;

  layers::Linear q_proj{nullptr};
  layers::Linear k_proj{nullptr};
  layers::Linear v_proj{nullptr};
  layers::Linear o_proj{nullptr};
};

TORCH_MODULE(FlowAttention);

/// x += attention(norm(x)), then x += mlp(norm(x)).
class FlowLayerImpl : public torch::nn::Cloneable<FlowLayerImpl> {
 public:
  explicit FlowLayerImpl(CausalFlowOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (B, L, width), returns (B, L, width).
  torch::Tensor forward(const torch::Tensor& x, const FlowContext& context);

  /// The options of the flow that this layer belongs to.
  CausalFlowOptions options;

  layers::RmsNorm attention_norm{nullptr};
  FlowAttention attention{nullptr};
  layers::RmsNorm mlp_norm{nullptr};
  layers::GatedMlp mlp{nullptr};
};

TORCH_MODULE(FlowLayer);

/// The second stage of DeepSeek-OCR 2: a language model's body, of Qwen2-0.5B's
/// shape, reads the compressor's tokens and writes as many vision tokens, or
/// fewer. See Note [Causal flow]. Linear layers start from normal(0, 0.02),
/// queries from normal(0, 1).
///
/// Source: DeepSeek-OCR 2, arXiv:2601.20552, "DeepEncoder V2";
/// deepencoderv2/qwen2_d2e.py (deepseek-ai/DeepSeek-OCR-2 2f3699e).
class CausalFlowImpl : public torch::nn::Cloneable<CausalFlowImpl>,
                       public SecondStage {
 public:
  explicit CausalFlowImpl(CausalFlowOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: map (B, width, n, n), returns (B, q, width), in the order of the
  /// queries.
  ///
  /// Throws `c10::Error` for another shape, and for an n without queries.
  torch::Tensor forward(const torch::Tensor& map) override;

  /// The tokens of the map, followed by the queries.
  ///
  /// Shapes: map (B, width, n, n), returns (B, n * n + q, width).
  torch::Tensor append_queries(const torch::Tensor& map);

  /// All layers and the last norm, on both parts.
  ///
  /// Shapes: x (B, n * n + q, width), returns the same shape.
  torch::Tensor run_layers(torch::Tensor x);

  /// For sequences like `x`: L = n * n + q rows.
  FlowContext make_context(const torch::Tensor& x) const;

  std::string stage_name() const override;
  int64_t in_channels() const override;
  int64_t feature_width() const override;
  torch::Tensor features(const torch::Tensor& map, const torch::Tensor& output)
      override;
  bool features_have_map() const override;
  void set_recompute(bool on) override;

  /// The options with which this module was constructed.
  CausalFlowOptions options;

  /// Recomputes layers in the backward pass; see `layers::recompute`.
  bool recompute_layers = false;

  /// (q, width) for each of `view_sides_px`, named query_<side in px>.
  std::vector<torch::Tensor> queries;
  torch::nn::ModuleList layers{nullptr};
  microfiche::layers::RmsNorm norm{nullptr};
};

TORCH_MODULE(CausalFlow);

} // namespace microfiche::encoder
