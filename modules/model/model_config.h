#pragma once

#include "core/config.h"
#include "core/json.h"
#include "model/quantization.h"
#include "model/trained_on.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::model {

// Note [The official config.json]
// DeepSeek-OCR's file nests the sizes: `language_config` has the decoder (the
// top level may repeat it), `vision_config.width` the two stages of the
// encoder, `projector_config` the layer between. It omits values that its
// remote code takes from class defaults (RoPE base, norm epsilon, scoring of
// the router), so the defaults below are those of that code, not of newer
// DeepSeek families. We keep unused fields and write them back, and refuse
// values that select another architecture.
//
// Constants of the published code that a small model changes are in an object
// of our own, `microfiche` (see `ToolkitConfig`). The official file has none
// and gets the official numbers.

/// Names in `vision_config.width`: the perception tower, and the second stage
/// of DeepSeek-OCR and of DeepSeek-OCR 2.
inline constexpr const char* kSamName = "sam_vit_b";
inline constexpr const char* kClipName = "clip-l-14-224";
inline constexpr const char* kFlowName = "qwen2-0-5b";

/// `vision_config.width.sam_vit_b`: the perception tower.
struct SamConfig {
  int64_t layers = 12;
  int64_t width = 768;
  int64_t heads = 12;

  /// Blocks whose attention is global; the others attend inside windows.
  std::vector<int64_t> global_attn_indexes = {2, 5, 8, 11};

  /// Channels after each stride-2 convolution after the neck. The published
  /// file of DeepSeek-OCR 2 states a last number that its weights do not have;
  /// here it is the width of the causal flow.
  std::vector<int64_t> downsample_channels = {512, 1024};
};

/// `vision_config.width.clip-l-14-224`: the knowledge tower.
struct ClipConfig {
  int64_t layers = 24;
  int64_t width = 1024;
  int64_t heads = 16;

  /// The position table has (image_size / patch_size)^2 rows and one for the
  /// class token. Neither is the size of a page.
  int64_t image_size = 224;
  int64_t patch_size = 14;
};

/// `vision_config.width.qwen2-0-5b`: the causal flow. The published file states
/// only `dim`; the others are constants of its code.
struct FlowConfig {
  int64_t dim = 896;
  int64_t layers = 24;
  int64_t heads = 14;
  int64_t kv_heads = 2;
  int64_t intermediate_size = 4864;

  /// Sides in pixels of the views that there are learned queries for.
  std::vector<int64_t> view_sides_px = {768, 1024};

  /// Tokens of the compressor for each query, and so for each vision token.
  int64_t squares_per_query = 1;
};

/// `projector_config`: vision width to decoder width.
struct ProjectorConfig {
  int64_t input_dim = 2048;
  int64_t n_embed = 1280;
  std::string projector_type = "linear";
};

struct ModelFamily;

/// `language_config`: the decoder.
struct LanguageConfig {
  int64_t vocab_size = 129280;
  int64_t hidden_size = 1280;

  /// Inner width of the dense layers and of one expert.
  int64_t intermediate_size = 6848;
  int64_t moe_intermediate_size = 896;
  int64_t num_hidden_layers = 12;
  int64_t first_k_dense_replace = 1;
  int64_t n_routed_experts = 64;
  int64_t n_shared_experts = 2;
  int64_t num_experts_per_tok = 6;

  int64_t num_attention_heads = 10;
  int64_t num_key_value_heads = 10;
  int64_t max_position_embeddings = 8192;
  int64_t bos_token_id = 0;
  int64_t eos_token_id = 1;

  // Absent from the official file.
  double rope_theta = 10000.0;
  double rms_norm_eps = 1e-6;
  bool norm_topk_prob = false;
  double routed_scaling_factor = 1.0;
  std::string scoring_func = "softmax";
  double aux_loss_alpha = 0.001;

  /// Positions of its own output that the decoder sees; nothing: all. Not
  /// among the visited fields, because most models must not state it; see
  /// `find_window`.
  std::optional<int64_t> sliding_window_size;
};

/// `microfiche`: constants of the published code. Unknown fields are refused.
struct ToolkitConfig {
  /// Side of the patches that the perception tower cuts, in pixels.
  int64_t sam_patch_size = 16;

  /// Side of the perception tower's attention windows, in patches.
  int64_t sam_window_size = 14;

  /// Inner width of the perception tower's MLPs as a multiple of its width.
  int64_t sam_mlp_ratio = 4;

  /// Channels of the perception tower's neck, which is its output.
  int64_t sam_neck_channels = 256;

  /// Inner width of the knowledge tower's MLPs as a multiple of its width.
  int64_t clip_mlp_ratio = 4;

  /// RMS-normalises queries and keys of the decoder; not in the published
  /// model.
  bool qk_norm = false;

  /// Resolution modes of this model, in addition to the official ones.
  std::vector<page::ResolutionMode> modes;

  /// Resolution mode without `--mode`. For DeepSeek-OCR 2 the default is
  /// "dynamic".
  std::string default_mode = "gundam";

  /// Prompt without `--prompt`. For Unlimited-OCR the default is
  /// `<image>document parsing.`
  std::string default_prompt = "<image>\nFree OCR.";

  /// Describes the model's output to people who read its scores.
  std::string note;

  /// The pages that the model saw in training; other pages get a warning. Null
  /// if nothing is stated.
  std::optional<TrainedOn> trained_on;
};

/// The config.json of a model folder; the defaults are those of the published
/// DeepSeek-OCR. See Note [The official config.json].
struct ModelConfig {
  SamConfig sam;
  /// The second stage is one of these, as `family` says.
  ClipConfig clip;
  FlowConfig flow;
  ProjectorConfig projector;
  LanguageConfig language;
  ToolkitConfig toolkit;

  /// `vision_config.image_size`: the page side, in pixels, of the perception
  /// tower's position table.
  int64_t image_size = 1024;

  /// The whole file, with the fields that we do not use.
  Json source = Json::object();

  /// `dtype`, or `torch_dtype` as older files call it: the dtype of
  /// computation, "float32", "bfloat16" or "float16". That of `language_config`
  /// if the top level has none; empty if not given.
  std::string dtype() const;

  /// The family of `source`.
  const ModelFamily& family() const;

  /// The quantized layers of the checkpoint.
  Quantization quantization() const;

  /// Side of the square that a token of the compressor covers, in pixels; 64 as
  /// published. A vision token stands for one such square, or for several; see
  /// `page::TokenLayout`.
  int64_t pixels_per_token() const;

  /// Side of the knowledge tower's position table; 16 as published.
  int64_t clip_table_side() const;
};

/// Reads a config. Throws `InputError`, naming the field, for values of the
/// wrong type, invalid or inconsistent sizes, and other architectures.
ModelConfig read_model_config(const Json& json, const std::string& where);

/// Reads `config.json` of a model folder.
ModelConfig load_model_config(const std::filesystem::path& file);

/// The config in the official layout, with the unused fields of
/// `config.source`.
Json write_model_config(const ModelConfig& config);

/// States the dtype of computation in a config.json, in one field.
void set_dtype(Json& json, const std::string& dtype);

/// What the model's vision tokens stand for and how they follow one another.
page::TokenLayout token_layout(const ModelConfig& config);

/// The modes of the model's family, with the model's layout.
std::vector<page::ResolutionMode> family_modes(const ModelConfig& config);

/// The modes of the model: its own, or those of its family.
std::vector<page::ResolutionMode> modes_of(const ModelConfig& config);

/// The model's own mode of that name, or its family's. Throws `UsageError`
/// for an unknown name, and `InputError` for a mode whose views are not a
/// multiple of a vision token's side.
page::ResolutionMode find_mode(
    const ModelConfig& config,
    const std::string& name);

template <typename Visitor>
void visit_fields(Visitor&& visit, SamConfig& sam) {
  visit("layers", sam.layers);
  visit("width", sam.width);
  visit("heads", sam.heads);
  visit("global_attn_indexes", sam.global_attn_indexes);
  visit("downsample_channels", sam.downsample_channels);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, ClipConfig& clip) {
  visit("layers", clip.layers);
  visit("width", clip.width);
  visit("heads", clip.heads);
  visit("image_size", clip.image_size);
  visit("patch_size", clip.patch_size);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, FlowConfig& flow) {
  visit("dim", flow.dim);
  visit("layers", flow.layers);
  visit("heads", flow.heads);
  visit("kv_heads", flow.kv_heads);
  visit("intermediate_size", flow.intermediate_size);
  visit("view_sides_px", flow.view_sides_px);
  visit("squares_per_query", flow.squares_per_query);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, ProjectorConfig& projector) {
  visit("input_dim", projector.input_dim);
  visit("n_embed", projector.n_embed);
  visit("projector_type", projector.projector_type);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, LanguageConfig& language) {
  visit("vocab_size", language.vocab_size);
  visit("hidden_size", language.hidden_size);
  visit("intermediate_size", language.intermediate_size);
  visit("moe_intermediate_size", language.moe_intermediate_size);
  visit("num_hidden_layers", language.num_hidden_layers);
  visit("first_k_dense_replace", language.first_k_dense_replace);
  visit("n_routed_experts", language.n_routed_experts);
  visit("n_shared_experts", language.n_shared_experts);
  visit("num_experts_per_tok", language.num_experts_per_tok);
  visit("num_attention_heads", language.num_attention_heads);
  visit("num_key_value_heads", language.num_key_value_heads);
  visit("max_position_embeddings", language.max_position_embeddings);
  visit("bos_token_id", language.bos_token_id);
  visit("eos_token_id", language.eos_token_id);
  visit("rope_theta", language.rope_theta);
  visit("rms_norm_eps", language.rms_norm_eps);
  visit("norm_topk_prob", language.norm_topk_prob);
  visit("routed_scaling_factor", language.routed_scaling_factor);
  visit("scoring_func", language.scoring_func);
  visit("aux_loss_alpha", language.aux_loss_alpha);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, ToolkitConfig& toolkit) {
  visit("sam_patch_size", toolkit.sam_patch_size);
  visit("sam_window_size", toolkit.sam_window_size);
  visit("sam_mlp_ratio", toolkit.sam_mlp_ratio);
  visit("sam_neck_channels", toolkit.sam_neck_channels);
  visit("clip_mlp_ratio", toolkit.clip_mlp_ratio);
  visit("qk_norm", toolkit.qk_norm);
  visit("modes", toolkit.modes);
  visit("default_mode", toolkit.default_mode);
  visit("default_prompt", toolkit.default_prompt);
  visit("note", toolkit.note);
  visit("trained_on", toolkit.trained_on);
}

} // namespace microfiche::model
