#include "model/checkpoint_names.h"

#include "model/second_stage_format.h"
#include "model/tensor_spec_list.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

namespace microfiche::model {
namespace {

/// The name of a module or parameter here and in published checkpoints. `#`
/// stands for a number; endings (".weight", ".bias") are the same.
struct NamePair {
  std::string_view ours;
  std::string_view published;
};

constexpr NamePair kNames[] = {
    {"decoder.token_embedding", "model.embed_tokens"},
    {"decoder.layers.#.attention_norm", "model.layers.#.input_layernorm"},
    {"decoder.layers.#.mlp_norm", "model.layers.#.post_attention_layernorm"},
    {"decoder.layers.#.attention.q_proj", "model.layers.#.self_attn.q_proj"},
    {"decoder.layers.#.attention.k_proj", "model.layers.#.self_attn.k_proj"},
    {"decoder.layers.#.attention.v_proj", "model.layers.#.self_attn.v_proj"},
    {"decoder.layers.#.attention.o_proj", "model.layers.#.self_attn.o_proj"},
    {"decoder.layers.#.attention.q_norm", "model.layers.#.self_attn.q_norm"},
    {"decoder.layers.#.attention.k_norm", "model.layers.#.self_attn.k_norm"},
    {"decoder.layers.#.mlp.gate_proj", "model.layers.#.mlp.gate_proj"},
    {"decoder.layers.#.mlp.up_proj", "model.layers.#.mlp.up_proj"},
    {"decoder.layers.#.mlp.down_proj", "model.layers.#.mlp.down_proj"},
    {"decoder.layers.#.mlp.router", "model.layers.#.mlp.gate"},
    {"decoder.layers.#.mlp.experts.#.gate_proj",
     "model.layers.#.mlp.experts.#.gate_proj"},
    {"decoder.layers.#.mlp.experts.#.up_proj",
     "model.layers.#.mlp.experts.#.up_proj"},
    {"decoder.layers.#.mlp.experts.#.down_proj",
     "model.layers.#.mlp.experts.#.down_proj"},
    {"decoder.layers.#.mlp.shared_experts.gate_proj",
     "model.layers.#.mlp.shared_experts.gate_proj"},
    {"decoder.layers.#.mlp.shared_experts.up_proj",
     "model.layers.#.mlp.shared_experts.up_proj"},
    {"decoder.layers.#.mlp.shared_experts.down_proj",
     "model.layers.#.mlp.shared_experts.down_proj"},
    {"decoder.norm", "model.norm"},
    {"decoder.lm_head", "lm_head"},

    {"encoder.projector.linear", "model.projector.layers"},
    {"image_newline", "model.image_newline"},
    {"view_separator", "model.view_seperator"},

    {"encoder.sam.position_table", "model.sam_model.pos_embed"},
    {"encoder.sam.patch_embedding.projection",
     "model.sam_model.patch_embed.proj"},
    {"encoder.sam.blocks.#.norm1", "model.sam_model.blocks.#.norm1"},
    {"encoder.sam.blocks.#.norm2", "model.sam_model.blocks.#.norm2"},
    {"encoder.sam.blocks.#.attention.qkv", "model.sam_model.blocks.#.attn.qkv"},
    {"encoder.sam.blocks.#.attention.projection",
     "model.sam_model.blocks.#.attn.proj"},
    {"encoder.sam.blocks.#.attention.rel_pos_h",
     "model.sam_model.blocks.#.attn.rel_pos_h"},
    {"encoder.sam.blocks.#.attention.rel_pos_w",
     "model.sam_model.blocks.#.attn.rel_pos_w"},
    {"encoder.sam.blocks.#.mlp.expand", "model.sam_model.blocks.#.mlp.lin1"},
    {"encoder.sam.blocks.#.mlp.contract", "model.sam_model.blocks.#.mlp.lin2"},
    {"encoder.sam.neck.#", "model.sam_model.neck.#"},
    {"encoder.compressor.stages.0", "model.sam_model.net_2"},
    {"encoder.compressor.stages.1", "model.sam_model.net_3"},
    {"encoder.compressor.stages.2", "model.sam_model.net_4"},
    {"encoder.compressor.stages.3", "model.sam_model.net_5"},
    {"encoder.compressor.stages.4", "model.sam_model.net_6"},
    {"encoder.compressor.stages.5", "model.sam_model.net_7"},

    {"encoder.flow.query_#", "model.qwen2_model.query_#.weight"},
    {"encoder.flow.layers.#.attention_norm",
     "model.qwen2_model.model.model.layers.#.input_layernorm"},
    {"encoder.flow.layers.#.mlp_norm",
     "model.qwen2_model.model.model.layers.#.post_attention_layernorm"},
    {"encoder.flow.layers.#.attention.q_proj",
     "model.qwen2_model.model.model.layers.#.self_attn.q_proj"},
    {"encoder.flow.layers.#.attention.k_proj",
     "model.qwen2_model.model.model.layers.#.self_attn.k_proj"},
    {"encoder.flow.layers.#.attention.v_proj",
     "model.qwen2_model.model.model.layers.#.self_attn.v_proj"},
    {"encoder.flow.layers.#.attention.o_proj",
     "model.qwen2_model.model.model.layers.#.self_attn.o_proj"},
    {"encoder.flow.layers.#.mlp.gate_proj",
     "model.qwen2_model.model.model.layers.#.mlp.gate_proj"},
    {"encoder.flow.layers.#.mlp.up_proj",
     "model.qwen2_model.model.model.layers.#.mlp.up_proj"},
    {"encoder.flow.layers.#.mlp.down_proj",
     "model.qwen2_model.model.model.layers.#.mlp.down_proj"},
    {"encoder.flow.norm", "model.qwen2_model.model.model.norm"},

    {"encoder.clip.class_embedding",
     "model.vision_model.embeddings.class_embedding"},
    {"unused_patch_embedding",
     "model.vision_model.embeddings.patch_embedding.weight"},
    {"encoder.clip.position_table",
     "model.vision_model.embeddings.position_embedding.weight"},
    {"encoder.clip.pre_norm", "model.vision_model.pre_layrnorm"},
    {"encoder.clip.blocks.#.norm1",
     "model.vision_model.transformer.layers.#.layer_norm1"},
    {"encoder.clip.blocks.#.norm2",
     "model.vision_model.transformer.layers.#.layer_norm2"},
    {"encoder.clip.blocks.#.qkv",
     "model.vision_model.transformer.layers.#.self_attn.qkv_proj"},
    {"encoder.clip.blocks.#.projection",
     "model.vision_model.transformer.layers.#.self_attn.out_proj"},
    {"encoder.clip.blocks.#.mlp.expand",
     "model.vision_model.transformer.layers.#.mlp.fc1"},
    {"encoder.clip.blocks.#.mlp.contract",
     "model.vision_model.transformer.layers.#.mlp.fc2"},
};

/// `name` with its start, which must match `from`, replaced by `to`.
std::optional<std::string>
translate(std::string_view name, std::string_view from, std::string_view to) {
  std::vector<std::string_view> numbers;
  size_t at = 0;
  for (const char expected : from) {
    if (expected != '#') {
      if (at >= name.size() || name[at] != expected) {
        return std::nullopt;
      }
      ++at;
      continue;
    }
    const size_t begin = at;
    while (at < name.size() && name[at] >= '0' && name[at] <= '9') {
      ++at;
    }
    if (at == begin) {
      return std::nullopt;
    }
    numbers.push_back(name.substr(begin, at - begin));
  }
  const std::string_view rest = name.substr(at);
  if (!rest.empty() && rest != kWeightEnding && rest != ".bias" &&
      rest != kScaleEnding) {
    return std::nullopt;
  }

  std::string result;
  size_t next = 0;
  for (const char c : to) {
    if (c == '#') {
      result += numbers[next++];
    } else {
      result += c;
    }
  }
  return result += rest;
}

void add_sam(SpecList& list, const ModelConfig& config) {
  const auto& sam = config.sam;
  const auto& toolkit = config.toolkit;
  const std::string prefix = "model.sam_model.";
  const int64_t patch = toolkit.sam_patch_size;
  const int64_t side = config.image_size / patch;
  const int64_t inner = sam.width * toolkit.sam_mlp_ratio;
  list.add(prefix + "pos_embed", {1, side, side, sam.width});
  list.add(prefix + "patch_embed.proj.weight", {sam.width, 3, patch, patch});
  list.add(prefix + "patch_embed.proj.bias", {sam.width});
  for (int64_t i = 0; i < sam.layers; ++i) {
    const std::string block = prefix + "blocks." + std::to_string(i) + ".";
    const bool global = std::find(
                            sam.global_attn_indexes.begin(),
                            sam.global_attn_indexes.end(),
                            i) != sam.global_attn_indexes.end();
    const int64_t offsets = 2 * (global ? side : toolkit.sam_window_size) - 1;
    list.add_norm(block + "norm1", sam.width);
    list.add_linear(block + "attn.qkv", 3 * sam.width, sam.width);
    list.add_linear(block + "attn.proj", sam.width, sam.width);
    list.add(block + "attn.rel_pos_h", {offsets, sam.width / sam.heads});
    list.add(block + "attn.rel_pos_w", {offsets, sam.width / sam.heads});
    list.add_norm(block + "norm2", sam.width);
    list.add_linear(block + "mlp.lin1", inner, sam.width);
    list.add_linear(block + "mlp.lin2", sam.width, inner);
  }
  const int64_t neck = toolkit.sam_neck_channels;
  list.add(prefix + "neck.0.weight", {neck, sam.width, 1, 1});
  list.add_norm(prefix + "neck.1", neck);
  list.add(prefix + "neck.2.weight", {neck, neck, 3, 3});
  list.add_norm(prefix + "neck.3", neck);
  int64_t channels = neck;
  for (size_t i = 0; i < sam.downsample_channels.size(); ++i) {
    const int64_t next = sam.downsample_channels[i];
    list.add(
        prefix + "net_" + std::to_string(i + 2) + ".weight",
        {next, channels, 3, 3});
    channels = next;
  }
}

void add_decoder(SpecList& list, const ModelConfig& config) {
  const auto& language = config.language;
  const int64_t width = language.hidden_size;
  const int64_t head = width / language.num_attention_heads;
  const int64_t kv_width = head * language.num_key_value_heads;
  list.add("model.embed_tokens.weight", {language.vocab_size, width});
  for (int64_t i = 0; i < language.num_hidden_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    list.add(layer + "input_layernorm.weight", {width});
    list.add_matrix(layer + "self_attn.q_proj", width, width);
    list.add_matrix(layer + "self_attn.k_proj", kv_width, width);
    list.add_matrix(layer + "self_attn.v_proj", kv_width, width);
    list.add_matrix(layer + "self_attn.o_proj", width, width);
    if (config.toolkit.qk_norm) {
      list.add(layer + "self_attn.q_norm.weight", {head});
      list.add(layer + "self_attn.k_norm.weight", {head});
    }
    list.add(layer + "post_attention_layernorm.weight", {width});
    const std::string mlp = layer + "mlp.";
    if (i < language.first_k_dense_replace) {
      list.add_mlp(mlp, width, language.intermediate_size);
      continue;
    }
    list.add(mlp + "gate.weight", {language.n_routed_experts, width});
    for (int64_t e = 0; e < language.n_routed_experts; ++e) {
      list.add_mlp(
          mlp + "experts." + std::to_string(e) + ".",
          width,
          language.moe_intermediate_size);
    }
    if (language.n_shared_experts > 0) {
      list.add_mlp(
          mlp + "shared_experts.",
          width,
          language.n_shared_experts * language.moe_intermediate_size);
    }
  }
  list.add("model.norm.weight", {width});
  list.add_matrix("lm_head", language.vocab_size, width);
}

} // namespace

int64_t TensorSpec::numel() const {
  return std::accumulate(
      shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::vector<TensorSpec> checkpoint_tensors(const ModelConfig& config) {
  SpecList list(config.quantization());
  add_sam(list, config);
  second_stage_format(config).add_tensors(list, config);
  list.add_linear(
      "model.projector.layers",
      config.projector.n_embed,
      config.projector.input_dim);
  if (token_layout(config).has_rows) {
    list.add("model.image_newline", {config.projector.n_embed});
  }
  list.add("model.view_seperator", {config.projector.n_embed});
  add_decoder(list, config);
  return std::move(list.specs);
}

bool is_ignored_tensor(std::string_view published_name) {
  return published_name == "model.vision_model.embeddings.position_ids";
}

std::string published_name(std::string_view our_name) {
  for (const auto& pair : kNames) {
    if (const auto name = translate(our_name, pair.ours, pair.published)) {
      return *name;
    }
  }
  TORCH_CHECK(false, "no published name for our tensor \"", our_name, "\"");
}

std::string our_name(std::string_view published_name) {
  for (const auto& pair : kNames) {
    if (const auto name =
            translate(published_name, pair.published, pair.ours)) {
      return *name;
    }
  }
  TORCH_CHECK(
      false,
      "none of our tensors has the published name \"",
      published_name,
      "\"");
}

} // namespace microfiche::model
