#include "model/model_config.h"

#include "core/error.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace microfiche::model {
namespace {

constexpr const char* kSamName = "sam_vit_b";
constexpr const char* kClipName = "clip-l-14-224";

/// The largest size that any field may have: beyond it, products of two sizes
/// would no longer be numbers of bytes that a machine can hold.
constexpr int64_t kMostOfAnything = int64_t{1} << 24;

/// The object of that name, or null when there is none.
const Json*
find_object(const Json& json, const char* name, const std::string& where) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) {
    return nullptr;
  }
  check(
      found->is_object(),
      where,
      ": ",
      name,
      ": expected an object, got ",
      found->type_name());
  return &*found;
}

/// Reads the fields that `section` has and leaves others alone, since Hugging
/// Face writes many that mean nothing here.
template <typename Section>
void read_section(
    const Json& object,
    Section& section,
    const std::string& where) {
  ConfigReader reader(object, where);
  visit_fields(reader, section);
}

/// Refuses a value of a field that we know but do not read, unless it is the
/// one way in which we compute.
void refuse_unless(
    const Json& object,
    const char* field,
    const Json& supported,
    const std::string& where) {
  const auto found = object.find(field);
  check(
      found == object.end() || *found == supported,
      where,
      ": ",
      field,
      ": only ",
      supported.dump(),
      " is supported, got ",
      found == object.end() ? "" : found->dump());
}

void check_size(
    int64_t size,
    int64_t least,
    const char* field,
    const std::string& where) {
  check(
      size >= least && size <= kMostOfAnything,
      where,
      ": ",
      field,
      " must be from ",
      least,
      " to ",
      kMostOfAnything,
      ", got ",
      size);
}

void check_heads(
    int64_t width,
    int64_t heads,
    const char* width_field,
    const char* heads_field,
    const std::string& where) {
  check_size(width, 1, width_field, where);
  check_size(heads, 1, heads_field, where);
  check(
      width % heads == 0,
      where,
      ": ",
      width_field,
      " must be a multiple of ",
      heads_field,
      " (",
      heads,
      "), got ",
      width);
}

void check_sam(const ModelConfig& config, const std::string& where) {
  const auto& sam = config.sam;
  check_heads(sam.width, sam.heads, "width", "heads", where);
  check_size(sam.layers, 1, "layers", where);
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

void check_clip(const ModelConfig& config, const std::string& where) {
  const auto& clip = config.clip;
  check_heads(clip.width, clip.heads, "width", "heads", where);
  check_size(clip.layers, 1, "layers", where);
  check_size(clip.patch_size, 1, "patch_size", where);
  check_size(clip.image_size, clip.patch_size, "image_size", where);
  check(
      clip.width == config.sam.downsample_channels.back(),
      where,
      ": width must equal the last of ",
      kSamName,
      ".downsample_channels (",
      config.sam.downsample_channels.back(),
      "), whose map is this tower's input, got ",
      clip.width);
}

void check_projector(const ModelConfig& config, const std::string& where) {
  const auto& projector = config.projector;
  const int64_t channels =
      config.clip.width + config.sam.downsample_channels.back();
  check(
      projector.input_dim == channels,
      where,
      ": input_dim must be ",
      channels,
      ", the width of both towers, got ",
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
  check_size(language.num_hidden_layers, 1, "num_hidden_layers", where);
  check_size(language.first_k_dense_replace, 0, "first_k_dense_replace", where);
  check_size(
      language.max_position_embeddings, 1, "max_position_embeddings", where);
  if (language.first_k_dense_replace > 0) {
    check_size(language.intermediate_size, 1, "intermediate_size", where);
  }
  if (language.first_k_dense_replace < language.num_hidden_layers) {
    check_size(
        language.moe_intermediate_size, 1, "moe_intermediate_size", where);
    check_size(language.n_routed_experts, 1, "n_routed_experts", where);
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

void check_mode(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const std::string& where) {
  for (const int64_t side : {mode.base_size_px, mode.tile_size_px}) {
    check(
        side % config.token_side_px() == 0,
        where,
        ": mode \"",
        mode.name,
        "\": its views must be multiples of ",
        config.token_side_px(),
        " px, what a vision token of this model covers, got ",
        side,
        " px");
  }
}

void check_toolkit(const ModelConfig& config, const std::string& where) {
  const auto& toolkit = config.toolkit;
  check_size(toolkit.sam_patch_size, 1, "sam_patch_size", where);
  check_size(toolkit.sam_window_size, 1, "sam_window_size", where);
  check_size(toolkit.sam_mlp_ratio, 1, "sam_mlp_ratio", where);
  check_size(toolkit.sam_neck_channels, 1, "sam_neck_channels", where);
  check_size(toolkit.clip_mlp_ratio, 1, "clip_mlp_ratio", where);
  for (const auto& mode : toolkit.modes) {
    check_mode(config, mode, where);
  }
  try {
    check_mode(
        config, page::find_mode(toolkit.default_mode, toolkit.modes), where);
  } catch (const UsageError& error) {
    throw InputError(concat(where, ": default_mode: ", error.what()));
  }
}

/// Fields that select an architecture which is not this one. Absent, or with
/// the value that the published file has, they say nothing new; the sizes of
/// latent attention and of grouped routing have no effect while these hold.
void check_language_quirks(const Json& object, const std::string& where) {
  refuse_unless(object, "use_mla", false, where);
  refuse_unless(object, "rope_scaling", nullptr, where);
  refuse_unless(object, "topk_method", "greedy", where);
  refuse_unless(object, "hidden_act", "silu", where);
  refuse_unless(object, "attention_bias", false, where);
  refuse_unless(object, "tie_word_embeddings", false, where);
  refuse_unless(object, "moe_layer_freq", 1, where);
}

/// The decoder's fields: those of `language_config`, where the top level may
/// repeat but not contradict them, or those of the top level alone.
Json language_fields(const Json& json, const std::string& where) {
  const Json* nested = find_object(json, "language_config", where);
  Json fields = nested == nullptr ? json : *nested;
  if (nested == nullptr) {
    return fields;
  }
  const Json known = write_config(LanguageConfig());
  for (const auto& [name, unused] : known.items()) {
    const auto top = json.find(name);
    if (top == json.end()) {
      continue;
    }
    const auto inner = fields.find(name);
    check(
        inner == fields.end() || *inner == *top,
        where,
        ": ",
        name,
        " is ",
        top->dump(),
        " but language_config.",
        name,
        " is ",
        inner == fields.end() ? "" : inner->dump());
    fields[name] = *top;
  }
  return fields;
}

} // namespace

std::string ModelConfig::torch_dtype() const {
  const auto found = source.find("torch_dtype");
  return found != source.end() && found->is_string() ? found->get<std::string>()
                                                     : "";
}

bool ModelConfig::is_int8() const {
  return source.value("quantization_config", Json()) ==
      int8_quantization_config();
}

Json int8_quantization_config() {
  return {
      {"quant_method", "compressed-tensors"},
      {"format", "naive-quantized"},
      {"config_groups",
       {{"group_0",
         {{"targets", {"Linear"}},
          {"weights",
           {{"num_bits", 8},
            {"type", "int"},
            {"symmetric", true},
            {"strategy", "channel"}}}}}}}};
}

int64_t ModelConfig::token_side_px() const {
  return toolkit.sam_patch_size << sam.downsample_channels.size();
}

int64_t ModelConfig::clip_table_side() const {
  return clip.image_size / clip.patch_size;
}

ModelConfig read_model_config(const Json& json, const std::string& where) {
  check(
      json.is_object(), where, ": expected an object, got ", json.type_name());
  ModelConfig config;
  config.source = json;

  const std::string vision_where = where + ": vision_config";
  const std::string sam_where = vision_where + ".width." + kSamName;
  const std::string clip_where = vision_where + ".width." + kClipName;
  if (const Json* vision = find_object(json, "vision_config", where)) {
    ConfigReader(*vision, vision_where)("image_size", config.image_size);
    if (const Json* towers = find_object(*vision, "width", vision_where)) {
      if (const Json* sam = find_object(*towers, kSamName, vision_where)) {
        read_section(*sam, config.sam, sam_where);
      }
      if (const Json* clip = find_object(*towers, kClipName, vision_where)) {
        read_section(*clip, config.clip, clip_where);
      }
    }
  }
  if (const Json* projector = find_object(json, "projector_config", where)) {
    read_section(*projector, config.projector, where + ": projector_config");
  }
  const std::string language_where =
      json.contains("language_config") ? where + ": language_config" : where;
  const Json language = language_fields(json, where);
  check_language_quirks(language, language_where);
  check_language_quirks(json, where);
  read_section(language, config.language, language_where);
  if (const Json* toolkit = find_object(json, "microfiche", where)) {
    ConfigReader reader(*toolkit, where + ": microfiche");
    visit_fields(reader, config.toolkit);
    reader.finish();
  }

  check_sam(config, sam_where);
  check_clip(config, clip_where);
  check_language(config.language, language_where);
  check_projector(config, where + ": projector_config");
  check_size(
      config.image_size,
      config.toolkit.sam_patch_size,
      "image_size",
      vision_where);
  check(
      config.image_size % config.toolkit.sam_patch_size == 0,
      vision_where,
      ": image_size must be a multiple of the patch (",
      config.toolkit.sam_patch_size,
      "), got ",
      config.image_size);
  check_toolkit(config, where + ": microfiche");
  check(
      config.is_int8() || json.value("quantization_config", Json()).is_null(),
      where,
      ": quantization_config: only what `microfiche quantize` writes is read, ",
      int8_quantization_config().dump());
  return config;
}

ModelConfig load_model_config(const std::filesystem::path& file) {
  return read_model_config(read_json_file(file), file.string());
}

Json write_model_config(const ModelConfig& config) {
  Json json = config.source;
  const auto put = [](Json& object, const Json& fields) {
    for (const auto& [name, value] : fields.items()) {
      object[name] = value;
    }
  };
  Json& vision = json["vision_config"];
  vision["image_size"] = config.image_size;
  put(vision["width"][kSamName], write_config(config.sam));
  put(vision["width"][kClipName], write_config(config.clip));
  put(json["projector_config"], write_config(config.projector));
  put(json["language_config"], write_config(config.language));
  const Json toolkit = write_config(config.toolkit);
  if (toolkit != write_config(ToolkitConfig()) || json.contains("microfiche")) {
    json["microfiche"] = toolkit;
  }
  return json;
}

page::ResolutionMode find_mode(
    const ModelConfig& config,
    const std::string& name) {
  auto mode = page::find_mode(name, config.toolkit.modes);
  check_mode(config, mode, "--mode " + name);
  return mode;
}

} // namespace microfiche::model
