#include "model/model_config_validation.h"

#include "core/error.h"
#include "model/model_family.h"
#include "model/second_stage_format.h"
#include "model/size_checks.h"

namespace microfiche::model {
namespace {

void check_sam(const ModelConfig& config, const std::string& where) {
  const auto& sam = config.sam;
  check_heads(sam.width, sam.heads, "width", "heads", where);
  check_size(sam.layers, 1, "layers", where, kMaxLayers);
  for (const int64_t index : sam.global_attn_indexes) {
    check(
        index >= 0 && index < sam.layers,
        where,
        ": global_attn_indexes must be from 0 to ",
        sam.layers - 1,
        ", got ",
        index);
  }
  check(
      !sam.downsample_channels.empty() && sam.downsample_channels.size() <= 6,
      where,
      ": downsample_channels must have 1 to 6 entries, got ",
      sam.downsample_channels.size());
  for (const int64_t channels : sam.downsample_channels) {
    check_size(channels, 1, "downsample_channels", where);
  }
}

void check_image_size(const ModelConfig& config, const std::string& where) {
  const int64_t patch = config.toolkit.sam_patch_size;
  check_size(config.image_size, patch, "image_size", where);
  check(
      config.image_size % patch == 0,
      where,
      ": image_size must be a multiple of the patch (",
      patch,
      "), got ",
      config.image_size);
}

void check_projector(const ModelConfig& config, const std::string& where) {
  const auto& projector = config.projector;
  const int64_t channels = second_stage_format(config).feature_width(config);
  check(
      projector.input_dim == channels,
      where,
      ": input_dim must be ",
      channels,
      ", the width of the second stage's features, got ",
      projector.input_dim);
  check(
      projector.n_embed == config.language.hidden_size,
      where,
      ": n_embed must be ",
      config.language.hidden_size,
      ", the decoder's hidden_size, got ",
      projector.n_embed);
  check(
      projector.projector_type == "linear",
      where,
      ": projector_type: only \"linear\" is supported, got \"",
      projector.projector_type,
      "\"");
}

void check_language(const LanguageConfig& language, const std::string& where) {
  check_heads(
      language.hidden_size,
      language.num_attention_heads,
      "hidden_size",
      "num_attention_heads",
      where);
  check(
      (language.hidden_size / language.num_attention_heads) % 2 == 0,
      where,
      ": hidden_size / num_attention_heads must be even for rotary positions, "
      "got ",
      language.hidden_size / language.num_attention_heads);
  check(
      language.num_key_value_heads >= 1 &&
          language.num_attention_heads % language.num_key_value_heads == 0,
      where,
      ": num_key_value_heads must divide num_attention_heads (",
      language.num_attention_heads,
      "), got ",
      language.num_key_value_heads);
  check_size(language.vocab_size, 1, "vocab_size", where);
  check_size(
      language.num_hidden_layers, 1, "num_hidden_layers", where, kMaxLayers);
  check_size(language.first_k_dense_replace, 0, "first_k_dense_replace", where);
  check_size(
      language.max_position_embeddings, 1, "max_position_embeddings", where);
  if (language.first_k_dense_replace > 0) {
    check_size(language.intermediate_size, 1, "intermediate_size", where);
  }
  if (language.first_k_dense_replace < language.num_hidden_layers) {
    check_size(
        language.moe_intermediate_size, 1, "moe_intermediate_size", where);
    check_size(
        language.n_routed_experts,
        1,
        "n_routed_experts",
        where,
        kMaxExperts / language.num_hidden_layers);
    check_size(language.n_shared_experts, 0, "n_shared_experts", where);
    check(
        language.num_experts_per_tok >= 1 &&
            language.num_experts_per_tok <= language.n_routed_experts,
        where,
        ": num_experts_per_tok must be from 1 to n_routed_experts (",
        language.n_routed_experts,
        "), got ",
        language.num_experts_per_tok);
  }
  for (const int64_t id : {language.bos_token_id, language.eos_token_id}) {
    check(
        id >= 0 && id < language.vocab_size,
        where,
        ": bos_token_id and eos_token_id must be from 0 to ",
        language.vocab_size - 1,
        ", got ",
        id);
  }
  check(
      language.rope_theta > 0 && language.rms_norm_eps > 0,
      where,
      ": rope_theta and rms_norm_eps must be positive, got ",
      language.rope_theta,
      " and ",
      language.rms_norm_eps);
  check(
      language.scoring_func == "softmax",
      where,
      ": scoring_func: only \"softmax\" is supported, got \"",
      language.scoring_func,
      "\"");
}

void check_toolkit_sizes(
    const ToolkitConfig& toolkit,
    const std::string& where) {
  check_size(toolkit.sam_patch_size, 1, "sam_patch_size", where);
  check_size(toolkit.sam_window_size, 1, "sam_window_size", where);
  check_size(toolkit.sam_mlp_ratio, 1, "sam_mlp_ratio", where);
  check_size(toolkit.sam_neck_channels, 1, "sam_neck_channels", where);
  check_size(toolkit.clip_mlp_ratio, 1, "clip_mlp_ratio", where);
}

void check_modes(const ModelConfig& config, const std::string& where) {
  const auto& toolkit = config.toolkit;
  for (const auto& mode : toolkit.modes) {
    validate_mode(config, mode, where);
  }
  try {
    validate_mode(
        config,
        page::find_mode(
            toolkit.default_mode, toolkit.modes, family_modes(config)),
        where);
  } catch (const UsageError& error) {
    throw InputError(concat(where, ": default_mode: ", error.what()));
  }
}

} // namespace

void validate(const ModelConfig& config, const std::string& where) {
  // The other checks divide by these sizes.
  check_toolkit_sizes(config.toolkit, where + ": microfiche");
  const std::string vision = where + ": vision_config";
  check_sam(config, vision + ".width." + kSamName);
  const auto& stage = second_stage_format(config);
  stage.check(config, vision + ".width." + stage.name);
  check_language(
      config.language,
      config.source.contains("language_config") ? where + ": language_config"
                                                : where);
  check_projector(config, where + ": projector_config");
  check_image_size(config, vision);
  check_modes(config, where + ": microfiche");
}

void validate_mode(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const std::string& where) {
  for (const int64_t side : {mode.base_size_px, mode.tile_size_px}) {
    check(
        side % config.pixels_per_token() == 0,
        where,
        ": mode \"",
        mode.name,
        "\": its views must be multiples of ",
        config.pixels_per_token(),
        " px, the side of a vision token of this model, got ",
        side,
        " px");
    if (side > 0) {
      second_stage_format(config).check_view(
          config, side, concat(where, ": mode \"", mode.name, "\""));
    }
  }
}

} // namespace microfiche::model
