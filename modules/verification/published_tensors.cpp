#include "verification/published_tensors.h"

#include "core/error.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <span>
#include <utility>

namespace microfiche::verification {
namespace {

/// Tensors of one shape.
struct TensorPattern {
  const char* names;
  std::initializer_list<int64_t> shape;
};

const TensorPattern kDecoder[] = {
    {"{model.embed_tokens,lm_head}.weight", {129280, 1280}},
    {"model.norm.weight", {1280}},
    {"model.layers.{0..11}.{input,post_attention}_layernorm.weight", {1280}},
    {"model.layers.{0..11}.self_attn.{q,k,v,o}_proj.weight", {1280, 1280}},
    {"model.layers.0.mlp.{gate,up}_proj.weight", {6848, 1280}},
    {"model.layers.0.mlp.down_proj.weight", {1280, 6848}},
    {"model.layers.{1..11}.mlp.gate.weight", {64, 1280}},
    {"model.layers.{1..11}.mlp.experts.{0..63}.{gate,up}_proj.weight",
     {896, 1280}},
    {"model.layers.{1..11}.mlp.experts.{0..63}.down_proj.weight", {1280, 896}},
    {"model.layers.{1..11}.mlp.shared_experts.{gate,up}_proj.weight",
     {1792, 1280}},
    {"model.layers.{1..11}.mlp.shared_experts.down_proj.weight", {1280, 1792}},
    {"model.view_seperator", {1280}},
    {"model.projector.layers.bias", {1280}},
};

/// Without `net_3`, whose width is that of the second stage.
const TensorPattern kSam[] = {
    {"model.sam_model.pos_embed", {1, 64, 64, 768}},
    {"model.sam_model.patch_embed.proj.weight", {768, 3, 16, 16}},
    {"model.sam_model.patch_embed.proj.bias", {768}},
    {"model.sam_model.blocks.{0..11}.norm{1,2}.{weight,bias}", {768}},
    {"model.sam_model.blocks.{0..11}.attn.qkv.weight", {2304, 768}},
    {"model.sam_model.blocks.{0..11}.attn.qkv.bias", {2304}},
    {"model.sam_model.blocks.{0..11}.attn.proj.weight", {768, 768}},
    {"model.sam_model.blocks.{0..11}.attn.proj.bias", {768}},
    {"model.sam_model.blocks.{2,5,8,11}.attn.rel_pos_{h,w}", {127, 64}},
    {"model.sam_model.blocks.{0,1,3,4,6,7,9,10}.attn.rel_pos_{h,w}", {27, 64}},
    {"model.sam_model.blocks.{0..11}.mlp.lin1.weight", {3072, 768}},
    {"model.sam_model.blocks.{0..11}.mlp.lin1.bias", {3072}},
    {"model.sam_model.blocks.{0..11}.mlp.lin2.weight", {768, 3072}},
    {"model.sam_model.blocks.{0..11}.mlp.lin2.bias", {768}},
    {"model.sam_model.neck.0.weight", {256, 768, 1, 1}},
    {"model.sam_model.neck.{1,3}.{weight,bias}", {256}},
    {"model.sam_model.neck.2.weight", {256, 256, 3, 3}},
    {"model.sam_model.net_2.weight", {512, 256, 3, 3}},
};

const TensorPattern kClip[] = {
    {"model.sam_model.net_3.weight", {1024, 512, 3, 3}},
    {"model.vision_model.embeddings.class_embedding", {1024}},
    {"model.vision_model.embeddings.patch_embedding.weight", {1024, 3, 14, 14}},
    {"model.vision_model.embeddings.position_embedding.weight", {257, 1024}},
    {"model.vision_model.pre_layrnorm.{weight,bias}", {1024}},
    {"model.vision_model.transformer.layers.{0..23}.layer_norm{1,2}.{weight,"
     "bias}",
     {1024}},
    {"model.vision_model.transformer.layers.{0..23}.self_attn.qkv_proj.weight",
     {3072, 1024}},
    {"model.vision_model.transformer.layers.{0..23}.self_attn.qkv_proj.bias",
     {3072}},
    {"model.vision_model.transformer.layers.{0..23}.self_attn.out_proj.weight",
     {1024, 1024}},
    {"model.vision_model.transformer.layers.{0..23}.self_attn.out_proj.bias",
     {1024}},
    {"model.vision_model.transformer.layers.{0..23}.mlp.fc1.weight",
     {4096, 1024}},
    {"model.vision_model.transformer.layers.{0..23}.mlp.fc1.bias", {4096}},
    {"model.vision_model.transformer.layers.{0..23}.mlp.fc2.weight",
     {1024, 4096}},
    {"model.vision_model.transformer.layers.{0..23}.mlp.fc2.bias", {1024}},
    {"model.projector.layers.weight", {1280, 2048}},
    {"model.image_newline", {1280}},
};

const TensorPattern kFlow[] = {
    {"model.sam_model.net_3.weight", {896, 512, 3, 3}},
    {"model.qwen2_model.query_768.weight", {144, 896}},
    {"model.qwen2_model.query_1024.weight", {256, 896}},
    {"model.qwen2_model.model.model.norm.weight", {896}},
    {"model.qwen2_model.model.model.layers.{0..23}.{input,post_attention}_"
     "layernorm.weight",
     {896}},
    {"model.qwen2_model.model.model.layers.{0..23}.self_attn.{q,o}_proj.weight",
     {896, 896}},
    {"model.qwen2_model.model.model.layers.{0..23}.self_attn.q_proj.bias",
     {896}},
    {"model.qwen2_model.model.model.layers.{0..23}.self_attn.{k,v}_proj.weight",
     {128, 896}},
    {"model.qwen2_model.model.model.layers.{0..23}.self_attn.{k,v}_proj.bias",
     {128}},
    {"model.qwen2_model.model.model.layers.{0..23}.mlp.{gate,up}_proj.weight",
     {4864, 896}},
    {"model.qwen2_model.model.model.layers.{0..23}.mlp.down_proj.weight",
     {896, 4864}},
    {"model.projector.layers.weight", {1280, 896}},
};

/// The words of the inside of a brace.
std::vector<std::string> choices_of(std::string_view inside) {
  std::vector<std::string> choices;
  if (const size_t dots = inside.find(".."); dots != std::string_view::npos) {
    int64_t first = 0;
    int64_t last = 0;
    std::from_chars(inside.data(), inside.data() + dots, first);
    std::from_chars(
        inside.data() + dots + 2, inside.data() + inside.size(), last);
    for (int64_t number = first; number <= last; ++number) {
      choices.push_back(std::to_string(number));
    }
    return choices;
  }
  while (true) {
    const size_t comma = inside.find(',');
    choices.emplace_back(inside.substr(0, comma));
    if (comma == std::string_view::npos) {
      return choices;
    }
    inside.remove_prefix(comma + 1);
  }
}

void add(
    std::vector<PublishedTensor>& tensors,
    std::span<const TensorPattern> patterns) {
  for (const auto& pattern : patterns) {
    for (auto& name : expand_pattern(pattern.names)) {
      tensors.push_back({std::move(name), pattern.shape});
    }
  }
}

} // namespace

std::vector<std::string> expand_pattern(std::string_view pattern) {
  const size_t open = pattern.find('{');
  if (open == std::string_view::npos) {
    return {std::string(pattern)};
  }
  const size_t close = pattern.find('}', open);
  const auto rests = expand_pattern(pattern.substr(close + 1));
  std::vector<std::string> names;
  for (const auto& choice :
       choices_of(pattern.substr(open + 1, close - open - 1))) {
    for (const auto& rest : rests) {
      names.push_back(concat(pattern.substr(0, open), choice, rest));
    }
  }
  return names;
}

std::vector<PublishedTensor> published_tensors(std::string_view family) {
  const bool has_clip = family == "DeepSeek-OCR" || family == "Unlimited-OCR";
  check(
      has_clip || family == "DeepSeek-OCR 2",
      "no list of published tensors for the family ",
      family);
  std::vector<PublishedTensor> tensors;
  add(tensors, kDecoder);
  add(tensors, kSam);
  if (has_clip) {
    add(tensors, kClip);
  } else {
    add(tensors, kFlow);
  }
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return a.name < b.name;
  });
  return tensors;
}

} // namespace microfiche::verification
