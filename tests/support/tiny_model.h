#pragma once

#include "model/loaded_model.h"
#include "page/page_image.h"
#include "tests/support/folders.h"

#include "core/config.h"
#include "core/random.h"

#include <torch/torch.h>

#include <filesystem>
#include <string>

namespace microfiche::tests {

/// The config of a model of a few thousand weights that reads bytes: a vision
/// token covers 32 x 32 px, modes "t4" and "t9" have 4 and 9, and "tiles" cuts
/// pages into two to four tiles of 64 px.
inline Json tiny_config() {
  return parse_json(
      R"({
        "model_type": "deepseek_vl_v2",
        "vision_config": {
          "image_size": 96,
          "width": {
            "clip-l-14-224": {"heads": 2, "image_size": 96, "layers": 1,
                              "patch_size": 32, "width": 24},
            "sam_vit_b": {"downsample_channels": [16, 24],
                          "global_attn_indexes": [1], "heads": 2,
                          "layers": 2, "width": 16}
          }
        },
        "projector_config": {"input_dim": 48, "n_embed": 32},
        "language_config": {
          "vocab_size": 260, "hidden_size": 32, "intermediate_size": 48,
          "moe_intermediate_size": 16, "num_hidden_layers": 2,
          "num_attention_heads": 2, "num_key_value_heads": 2,
          "n_routed_experts": 4, "n_shared_experts": 1,
          "num_experts_per_tok": 2, "max_position_embeddings": 256
        },
        "microfiche": {
          "sam_patch_size": 8, "sam_window_size": 4, "sam_neck_channels": 8,
          "modes": [
            {"name": "t4", "base_size_px": 64, "fit": "stretch"},
            {"name": "t9", "base_size_px": 96, "fit": "pad"},
            {"name": "tiles", "base_size_px": 96, "tile_size_px": 64,
             "min_tiles": 2, "max_tiles": 4}
          ],
          "default_mode": "t4",
          "default_prompt": "<image>"
        }
      })",
      "tiny config.json");
}

/// The same with the second stage and the layout of DeepSeek-OCR 2.
inline Json tiny_flow_config() {
  Json json = tiny_config();
  json["architectures"] = {"DeepseekOCR2ForCausalLM"};
  json["vision_config"]["width"].erase("clip-l-14-224");
  json["vision_config"]["width"]["qwen2-0-5b"] = {
      {"dim", 24},
      {"layers", 2},
      {"heads", 6},
      {"kv_heads", 2},
      {"intermediate_size", 20},
      {"view_sides_px", {64, 96}}};
  json["projector_config"]["input_dim"] = 24;
  return json;
}

/// That model with random weights, larger than a training would start with so
/// that what it writes depends on what it sees.
inline model::LoadedModel make_tiny_model(
    const model::Placement& placement = {},
    const Json& config = tiny_config()) {
  torch::manual_seed(0);
  auto loaded = model::make_model(
      model::read_model_config(config, "tiny config.json"),
      byte_tokenizer(),
      placement);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : loaded.model->parameters()) {
    if (parameter.dim() >= 2) {
      parameter.normal_(0, 0.3);
    }
  }
  return loaded;
}

/// Writes it as a model folder.
inline void write_tiny_model(
    const std::filesystem::path& folder,
    const Json& config = tiny_config()) {
  model::save_model(
      make_tiny_model({}, config), folder, torch::kFloat32, byte_tokenizer());
}

/// A page of noise.
inline page::PageImage
noise_page(int64_t width, int64_t height, uint64_t seed) {
  auto image = page::make_page(width, height, page::Colour{});
  RandomStream random(seed, "noise page");
  for (auto& value : image.rgb) {
    value = static_cast<uint8_t>(random.bits());
  }
  return image;
}

} // namespace microfiche::tests
