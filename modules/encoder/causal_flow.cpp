#include "encoder/causal_flow.h"

#include "encoder/initialization.h"
#include "kernels/attention.h"
#include "layers/recompute.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

// B = pages or tiles, n = side of the compressor's map, q = queries,
// L = n * n + q rows, D = channels of a head.

namespace microfiche::encoder {

namespace {

layers::RmsNorm make_flow_norm(const CausalFlowOptions& options) {
  return layers::RmsNorm(
      layers::RmsNormOptions(options.width()).eps(options.norm_eps()));
}

/// (B, kv_heads, L, D) to (B, heads, L, D): each head of keys or values stands
/// beside itself for every head of queries that it serves.
torch::Tensor repeat_heads(
    const torch::Tensor& x,
    const CausalFlowOptions& options) {
  const int64_t batch = x.size(0), rows = x.size(2);
  const int64_t served = options.heads() / options.kv_heads();
  return x.unsqueeze(2)
      .expand({batch, options.kv_heads(), served, rows, options.head_dim()})
      .reshape({batch, options.heads(), rows, options.head_dim()});
}

} // namespace

int64_t CausalFlowOptions::head_dim() const {
  return width() / heads();
}

FlowAttentionImpl::FlowAttentionImpl(CausalFlowOptions options_)
    : options(std::move(options_)) {
  reset();
}

void FlowAttentionImpl::reset() {
  check_tower(
      "FlowAttention", options.width(), options.layers(), options.heads());
  TORCH_CHECK_VALUE(
      options.head_dim() % 2 == 0 && options.kv_heads() >= 1 &&
          options.heads() % options.kv_heads() == 0,
      "FlowAttention: expected an even width of heads and a number of heads "
      "that is a multiple of kv_heads, got ",
      options.heads(),
      " heads of ",
      options.head_dim(),
      " channels and kv_heads ",
      options.kv_heads());

  const int64_t width = options.width();
  const int64_t kv_width = options.kv_heads() * options.head_dim();
  q_proj = register_module("q_proj", make_linear(width, width));
  k_proj = register_module("k_proj", make_linear(width, kv_width));
  v_proj = register_module("v_proj", make_linear(width, kv_width));
  o_proj = register_module("o_proj", make_linear(width, width, /*bias=*/false));
}

torch::Tensor FlowAttentionImpl::forward(
    const torch::Tensor& x,
    const FlowContext& context) {
  const auto heads_of = [&](const torch::Tensor& rows) {
    return rows.view({x.size(0), x.size(1), -1, options.head_dim()})
        .transpose(1, 2); // (B, heads, L, D)
  };
  const auto inputs = layers::forward_all({q_proj, k_proj, v_proj}, x);
  const auto q = layers::apply_rotary(heads_of(inputs[0]), context.rotation);
  const auto k = layers::apply_rotary(heads_of(inputs[1]), context.rotation);
  const auto attended = kernels::attention(
                            q,
                            repeat_heads(k, options),
                            repeat_heads(heads_of(inputs[2]), options),
                            context.mask)
                            .transpose(1, 2)
                            .reshape(x.sizes());
  return o_proj->forward(attended);
}

void FlowAttentionImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::FlowAttention(" << options.width()
         << ", heads=" << options.heads() << ", kv_heads=" << options.kv_heads()
         << ")";
}

FlowLayerImpl::FlowLayerImpl(CausalFlowOptions options_)
    : options(std::move(options_)) {
  reset();
}

void FlowLayerImpl::reset() {
  attention_norm = register_module("attention_norm", make_flow_norm(options));
  attention = register_module("attention", FlowAttention(options));
  mlp_norm = register_module("mlp_norm", make_flow_norm(options));
  mlp = register_module(
      "mlp",
      layers::GatedMlp(
          layers::GatedMlpOptions(options.width(), options.inner_width())));
}

torch::Tensor FlowLayerImpl::forward(
    const torch::Tensor& x,
    const FlowContext& context) {
  const auto h = x + attention->forward(attention_norm->forward(x), context);
  return h + mlp->forward(mlp_norm->forward(h));
}

void FlowLayerImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::FlowLayer(" << options.width() << ")";
}

CausalFlowImpl::CausalFlowImpl(CausalFlowOptions options_)
    : options(std::move(options_)) {
  reset();
}

void CausalFlowImpl::reset() {
  check_tower("CausalFlow", options.width(), options.layers(), options.heads());
  TORCH_CHECK_VALUE(
      options.pixels_per_token() >= 1 && options.squares_per_query() >= 1 &&
          !options.view_sides_px().empty(),
      "CausalFlow: expected a positive pixels_per_token and squares_per_query "
      "and at least one of view_sides_px, got ",
      options.pixels_per_token(),
      ", ",
      options.squares_per_query(),
      " and ",
      torch::IntArrayRef(options.view_sides_px()));

  queries.clear();
  for (const int64_t side_px : options.view_sides_px()) {
    const int64_t side = side_px / options.pixels_per_token();
    TORCH_CHECK_VALUE(
        side >= 1 && side_px % options.pixels_per_token() == 0,
        "CausalFlow: view_sides_px must be positive multiples of ",
        options.pixels_per_token(),
        ", got ",
        side_px);
    TORCH_CHECK_VALUE(
        side * side % options.squares_per_query() == 0,
        "CausalFlow: squares_per_query must divide the ",
        side * side,
        " tokens of a view of ",
        side_px,
        " px, got ",
        options.squares_per_query());
    queries.push_back(register_parameter(
        "query_" + std::to_string(side_px),
        torch::randn(
            {side * side / options.squares_per_query(), options.width()})));
  }
  layers = register_module("layers", torch::nn::ModuleList());
  for (int64_t layer = 0; layer < options.layers(); ++layer) {
    layers->push_back(FlowLayer(options));
  }
  norm = register_module("norm", make_flow_norm(options));
}

torch::Tensor CausalFlowImpl::forward(const torch::Tensor& map) {
  const auto x = run_layers(append_queries(map));
  return x.slice(/*dim=*/1, map.size(2) * map.size(3));
}

torch::Tensor CausalFlowImpl::append_queries(const torch::Tensor& map) {
  TORCH_CHECK(
      map.dim() == 4 && map.size(1) == options.width() &&
          map.size(2) == map.size(3),
      "CausalFlow: expected a map of shape (B, ",
      options.width(),
      ", n, n), got ",
      map.sizes());
  const auto tokens = map.flatten(2).transpose(1, 2); // (B, n * n, width)
  const auto fits = [&](const torch::Tensor& rows) {
    return rows.size(0) * options.squares_per_query() == tokens.size(1);
  };
  const auto found = std::find_if(queries.begin(), queries.end(), fits);
  TORCH_CHECK(
      found != queries.end(),
      "CausalFlow: there are queries for views of ",
      torch::IntArrayRef(options.view_sides_px()),
      " px, got ",
      map.size(2) * options.pixels_per_token(),
      " px");
  return torch::cat(
      {tokens, found->expand({tokens.size(0), -1, -1})}, /*dim=*/1);
}

FlowContext CausalFlowImpl::make_context(const torch::Tensor& x) const {
  // Each query has `squares_per_query` tokens.
  const int64_t rows = x.size(1);
  const int64_t tokens =
      rows / (options.squares_per_query() + 1) * options.squares_per_query();
  const auto index = torch::TensorOptions(torch::kInt64).device(x.device());
  // A causal mask, but the tokens see all tokens.
  auto mask = torch::ones({rows, rows}, index.dtype(torch::kBool)).tril();
  mask.narrow(0, 0, tokens).narrow(1, 0, tokens).fill_(true);
  return {
      microfiche::layers::make_rotation(
          torch::arange(rows, index).unsqueeze(0),
          options.head_dim(),
          options.rope_theta(),
          x.scalar_type()),
      mask};
}

torch::Tensor CausalFlowImpl::run_layers(torch::Tensor x) {
  const auto context = make_context(x);
  for (const auto& layer : *layers) {
    const auto run = [layer, context](const torch::Tensor& in) {
      return std::vector{layer->as<FlowLayer>()->forward(in, context)};
    };
    x = recompute_layers && torch::GradMode::is_enabled()
        ? microfiche::layers::recompute(run, x, layer->parameters()).front()
        : run(x).front();
  }
  return norm->forward(x);
}

std::string CausalFlowImpl::stage_name() const {
  return "flow";
}

int64_t CausalFlowImpl::in_channels() const {
  return options.width();
}

int64_t CausalFlowImpl::feature_width() const {
  return options.width();
}

torch::Tensor CausalFlowImpl::features(
    const torch::Tensor& /*map*/,
    const torch::Tensor& output) {
  return output;
}

bool CausalFlowImpl::features_have_map() const {
  return false;
}

void CausalFlowImpl::set_recompute(bool on) {
  recompute_layers = on;
}

void CausalFlowImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::CausalFlow(width=" << options.width()
         << ", layers=" << options.layers() << ", heads=" << options.heads()
         << ", kv_heads=" << options.kv_heads() << ")";
}

} // namespace microfiche::encoder
