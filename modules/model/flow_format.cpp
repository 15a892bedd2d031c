#include "core/error.h"
#include "encoder/causal_flow.h"
#include "model/second_stage_format.h"
#include "model/size_checks.h"

#include <algorithm>

namespace microfiche::model {
namespace {

// Constants of the published code, which reads no field for them.
void check_constants(const Json& sizes, const std::string& where) {
  const Json constants = {
      {"hidden_act", "silu"}, {"rms_norm_eps", 1e-6}, {"rope_theta", 1e6}};
  for (const auto& [name, value] : constants.items()) {
    check(
        !sizes.contains(name) || sizes[name] == value,
        where,
        ".",
        name,
        ": the causal flow is computed with ",
        value.dump(),
        " only, got ",
        sizes.contains(name) ? sizes[name].dump() : "");
  }
}

// `downsample_channels` of the published file ends in 1024, but the weights
// have the width of the flow.
void read_flow(
    const Json& sizes,
    ModelConfig& config,
    const std::string& where) {
  check_constants(sizes, where);
  ConfigReader reader(sizes, where);
  visit_fields(reader, config.flow);
  const bool is_size = config.flow.dim >= 1 && config.flow.dim <= kMaxSize;
  if (!config.sam.downsample_channels.empty() && is_size) {
    config.sam.downsample_channels.back() = config.flow.dim;
  }
}

Json write_flow(const ModelConfig& config) {
  return write_config(config.flow);
}

/// Tokens of the compressor for a view of that side.
int64_t num_squares(const ModelConfig& config, int64_t side_px) {
  const int64_t side = side_px / config.pixels_per_token();
  return side * side;
}

void check_flow(const ModelConfig& config, const std::string& where) {
  const auto& flow = config.flow;
  check_heads(flow.dim, flow.heads, "dim", "heads", where);
  check(
      (flow.dim / flow.heads) % 2 == 0,
      where,
      ": dim / heads must be even for rotary positions, got ",
      flow.dim / flow.heads);
  check(
      flow.kv_heads >= 1 && flow.heads % flow.kv_heads == 0,
      where,
      ": kv_heads must divide heads (",
      flow.heads,
      "), got ",
      flow.kv_heads);
  check_size(flow.layers, 1, "layers", where, kMaxLayers);
  check_size(flow.intermediate_size, 1, "intermediate_size", where);
  check(
      !flow.view_sides_px.empty(),
      where,
      ": view_sides_px: expected at least one side of a view");
  check_size(flow.squares_per_query, 1, "squares_per_query", where);
  for (const int64_t side : flow.view_sides_px) {
    check(
        side > 0 && side <= page::kMaxSide &&
            side % config.pixels_per_token() == 0 &&
            std::ranges::count(flow.view_sides_px, side) == 1,
        where,
        ": view_sides_px: expected different multiples of ",
        config.pixels_per_token(),
        " px up to ",
        page::kMaxSide,
        ", got ",
        side);
    const int64_t squares = num_squares(config, side);
    check(
        squares % flow.squares_per_query == 0,
        where,
        ": squares_per_query: must divide the ",
        squares,
        " squares of a view of ",
        side,
        " px, got ",
        flow.squares_per_query);
  }
}

void check_flow_view(
    const ModelConfig& config,
    int64_t side_px,
    const std::string& where) {
  const auto& sides = config.flow.view_sides_px;
  std::string known;
  for (const int64_t side : sides) {
    known += concat(known.empty() ? "" : " or ", side);
  }
  check(
      std::ranges::count(sides, side_px) > 0,
      where,
      ": the model has learned queries for views of ",
      known,
      " px, got ",
      side_px,
      " px");
}

int64_t flow_squares_per_token(const ModelConfig& config) {
  return config.flow.squares_per_query;
}

int64_t flow_feature_width(const ModelConfig& config) {
  return config.flow.dim;
}

void add_flow(SpecList& list, const ModelConfig& config) {
  const auto& flow = config.flow;
  const int64_t kv_width = flow.dim / flow.heads * flow.kv_heads;
  const std::string prefix = "model.qwen2_model.";
  for (const int64_t side_px : flow.view_sides_px) {
    list.add(
        concat(prefix, "query_", side_px, ".weight"),
        {num_squares(config, side_px) / flow.squares_per_query, flow.dim});
  }
  const std::string body = prefix + "model.model.";
  for (int64_t i = 0; i < flow.layers; ++i) {
    const std::string layer = concat(body, "layers.", i, ".");
    list.add(layer + "input_layernorm.weight", {flow.dim});
    list.add_linear(layer + "self_attn.q_proj", flow.dim, flow.dim);
    list.add_linear(layer + "self_attn.k_proj", kv_width, flow.dim);
    list.add_linear(layer + "self_attn.v_proj", kv_width, flow.dim);
    list.add_matrix(layer + "self_attn.o_proj", flow.dim, flow.dim);
    list.add(layer + "post_attention_layernorm.weight", {flow.dim});
    list.add_mlp(layer + "mlp.", flow.dim, flow.intermediate_size);
  }
  list.add(body + "norm.weight", {flow.dim});
}

encoder::SecondStageFactory make_flow(const ModelConfig& config) {
  return encoder::stage_factory<encoder::CausalFlowImpl>(
      encoder::CausalFlowOptions()
          .width(config.flow.dim)
          .layers(config.flow.layers)
          .heads(config.flow.heads)
          .kv_heads(config.flow.kv_heads)
          .inner_width(config.flow.intermediate_size)
          .view_sides_px(config.flow.view_sides_px)
          .squares_per_query(config.flow.squares_per_query)
          .pixels_per_token(config.pixels_per_token()));
}

} // namespace

const SecondStageFormat& flow_format() {
  static const SecondStageFormat format = {
      .name = kFlowName,
      .read = read_flow,
      .write = write_flow,
      .check = check_flow,
      .check_view = check_flow_view,
      .squares_per_token = flow_squares_per_token,
      .feature_width = flow_feature_width,
      .add_tensors = add_flow,
      .make = make_flow};
  return format;
}

} // namespace microfiche::model
