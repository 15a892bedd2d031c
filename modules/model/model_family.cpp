#include "model/model_family.h"

#include "core/error.h"
#include "model/model_config.h"

#include <algorithm>
#include <array>
#include <utility>

namespace microfiche::model {
namespace {

constexpr const char* kWindowField = "sliding_window_size";
constexpr const char* kOldWindowField = "sliding_window";

const std::array<ModelFamily, 3>& families() {
  static const std::array<ModelFamily, 3> all = {{
      {.name = "DeepSeek-OCR",
       .architecture = "DeepseekOCRForCausalLM",
       .model_types = {"deepseek_vl_v2", "DeepseekOCR"},
       .vision_name = "deeplip_b_l",
       .second_stage = kClipName,
       .missing = ""},
      {.name = "Unlimited-OCR",
       .architecture = "UnlimitedOCRForCausalLM",
       .model_types = {"unlimited-ocr", "unlimited_ocr"},
       .vision_name = "deeplip_b_l",
       .second_stage = kClipName,
       .missing = "",
       .has_window = true,
       .prompt = "<image>document parsing.",
       .together_prompt = "<image>Multi page parsing.",
       .max_tiles = 32,
       .max_new_tokens = 32768,
       .ngram = 35,
       .ngram_window = 128,
       .ngram_window_together = 1024,
       .ngram_over_prompt = true},
      {.name = "DeepSeek-OCR 2",
       .architecture = "DeepseekOCR2ForCausalLM",
       .model_types = {"deepseek_vl_v2", "DeepseekOCR2", "deepseek_ocr2"},
       .vision_name = "deepencoderv2",
       .second_stage = "qwen2-0-5b",
       .missing = "its encoder's second stage, the causal flow"},
  }};
  return all;
}

/// The value of a field; null if it is absent.
Json value_of(const Json& object, const char* field) {
  return object.is_object() ? object.value(field, Json()) : Json();
}

/// The values in quotes, separated by commas.
std::string join(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) {
    text += concat(text.empty() ? "" : ", ", "\"", value, "\"");
  }
  return text;
}

bool has_type(const ModelFamily& family, const Json& model_type) {
  return std::any_of(
      family.model_types.begin(),
      family.model_types.end(),
      [&](const std::string& known) { return model_type == known; });
}

/// A family, and what names it, for messages.
struct FoundFamily {
  const ModelFamily& family;
  std::string reason;
};

FoundFamily family_of_architecture(
    const Json& architectures,
    const std::string& where) {
  std::vector<std::string> known;
  for (const auto& family : families()) {
    if (architectures == Json::array({family.architecture})) {
      return {family, concat("architectures is ", architectures.dump())};
    }
    known.push_back(family.architecture);
  }
  throw InputError(concat(
      where,
      ": architectures: expected one of ",
      join(known),
      ", in a list, got ",
      architectures.dump(),
      "; this is a model that we do not run"));
}

/// Without `architectures`: a word that only one family uses, or the first.
FoundFamily family_of_other_fields(
    const Json& config,
    const std::string& where) {
  const Json model_type = value_of(config, "model_type");
  const Json vision = value_of(config, "vision_config");
  const Json stages = value_of(vision, "width");
  const auto all = model_families();
  for (const auto& family : all) {
    if (value_of(vision, "model_name") == family.vision_name &&
        family.vision_name != all[0].vision_name) {
      return {
          family,
          concat("vision_config.model_name is \"", family.vision_name, "\"")};
    }
    if (stages.is_object() && stages.contains(family.second_stage) &&
        family.second_stage != all[0].second_stage) {
      return {family, concat("vision_config.width has ", family.second_stage)};
    }
  }
  if (model_type.is_null()) {
    return {all[0], "no field names a family"};
  }
  std::vector<std::string> known;
  for (const auto& family : all) {
    if (has_type(family, model_type)) {
      return {family, concat("model_type is ", model_type.dump())};
    }
    known.insert(
        known.end(), family.model_types.begin(), family.model_types.end());
  }
  throw InputError(concat(
      where,
      ": model_type: expected one of ",
      join(known),
      ", got ",
      model_type.dump(),
      "; this is a model that we do not run"));
}

/// Throws for a field that contradicts the family.
void check_agreement(
    const Json& config,
    const ModelFamily& family,
    const std::string& where) {
  const Json model_type = value_of(config, "model_type");
  check(
      model_type.is_null() || has_type(family, model_type),
      where,
      ": model_type: expected ",
      join(family.model_types),
      " for ",
      family.name,
      ", got ",
      model_type.dump());
  const Json vision = value_of(config, "vision_config");
  const Json vision_name = value_of(vision, "model_name");
  check(
      vision_name.is_null() || vision_name == family.vision_name,
      where,
      ": vision_config.model_name: expected \"",
      family.vision_name,
      "\" for ",
      family.name,
      ", got ",
      vision_name.dump());
  const Json stages = value_of(vision, "width");
  if (!stages.is_object()) {
    return;
  }
  for (const auto& [name, sizes] : stages.items()) {
    check(
        name == kSamName || name == family.second_stage,
        where,
        ": vision_config.width.",
        name,
        ": expected only ",
        kSamName,
        " and ",
        family.second_stage,
        " for ",
        family.name,
        ", got ",
        sizes.dump());
  }
}

/// A field, and the only value that we compute.
struct Feature {
  const char* field;
  Json supported;
};

void check_features_of(
    const Json& object,
    std::span<const Feature> features,
    const std::string& where) {
  for (const auto& [field, supported] : features) {
    const Json value = value_of(object, field);
    check(
        value.is_null() || value == supported,
        where,
        ": ",
        field,
        ": only ",
        supported.dump(),
        " is supported, got ",
        value.dump());
  }
}

/// The fields of the decoder. Those of latent attention and of grouped routing
/// have no effect with these values.
std::span<const Feature> decoder_features() {
  static const std::vector<Feature> features = {
      {"use_mla", false},
      {"rope_scaling", nullptr},
      {"partial_rotary_factor", 1.0},
      {"rope_interleave", false},
      {"topk_method", "greedy"},
      {"moe_layer_freq", 1},
      {"mlp_layer_types", nullptr},
      {"hidden_act", "silu"},
      {"attention_bias", false},
      {"mlp_bias", false},
      {"use_qk_norm", false},
      {"attn_logit_softcapping", nullptr},
      {"final_logit_softcapping", nullptr},
      {"use_sliding_window", false},
      {"tie_word_embeddings", false},
      {"lm_head", true},
      {"rm_head", false}};
  return features;
}

/// Fields with more than one value that we compute.
void check_decoder(const Json& object, const std::string& where) {
  check_features_of(object, decoder_features(), where);
  const Json types = value_of(object, "layer_types");
  const bool full = types.is_null() ||
      (types.is_array() &&
       std::all_of(types.begin(), types.end(), [](const Json& type) {
         return type == "full_attention";
       }));
  check(
      full,
      where,
      ": layer_types: only \"full_attention\" is supported, got ",
      types.dump());
  // Newer configs write 0 where latent attention is off.
  const Json head_dim = value_of(object, "head_dim");
  const Json width = value_of(object, "hidden_size");
  const Json heads = value_of(object, "num_attention_heads");
  if (head_dim.is_null() || head_dim == 0 || !width.is_number_integer() ||
      !heads.is_number_integer() || heads == 0) {
    return;
  }
  const int64_t quotient = width.get<int64_t>() / heads.get<int64_t>();
  check(
      head_dim == quotient,
      where,
      ": head_dim: only hidden_size / num_attention_heads (",
      quotient,
      ") is supported, got ",
      head_dim.dump());
}

/// The objects that may state a window, and what messages call them.
std::vector<std::pair<std::string, Json>> objects_with_window(
    const Json& config,
    const std::string& where) {
  return {
      {where + ": language_config", value_of(config, "language_config")},
      {where, config}};
}

} // namespace

std::span<const ModelFamily> model_families() {
  return families();
}

const ModelFamily& find_family(const Json& config, const std::string& where) {
  const Json architectures = value_of(config, "architectures");
  const bool is_named = !architectures.is_null() && !architectures.empty();
  const auto [family, reason] = is_named
      ? family_of_architecture(architectures, where)
      : family_of_other_fields(config, where);
  check(
      family.missing.empty(),
      where,
      ": ",
      reason,
      ": a model of the family ",
      family.name,
      ", which we do not run: we lack ",
      family.missing);
  check_agreement(config, family, where);
  return family;
}

std::optional<int64_t> find_window(
    const Json& config,
    const ModelFamily& family,
    const std::string& where) {
  constexpr int64_t kMaxWindow = int64_t{1} << 24;
  std::optional<int64_t> window;
  std::string found_in;
  for (const char* field : {kWindowField, kOldWindowField}) {
    for (const auto& [object_name, object] :
         objects_with_window(config, where)) {
      const Json value = value_of(object, field);
      if (value.is_null()) {
        continue;
      }
      const std::string name = concat(object_name, ": ", field);
      check(
          value.is_number_integer() && value >= 1 && value <= kMaxWindow,
          name,
          ": expected a whole number from 1 to ",
          kMaxWindow,
          ", got ",
          value.dump());
      check(
          window || family.has_window || field == kWindowField,
          name,
          ": ",
          family.name,
          " has no such window, got ",
          value.dump(),
          "; to let it forget its own output, state ",
          kWindowField);
      check(
          !window || value == *window,
          name,
          " is ",
          value.dump(),
          " but ",
          found_in,
          " is ",
          window.value_or(0));
      window = value.get<int64_t>();
      found_in = name;
    }
  }
  check(
      window || !family.has_window,
      where,
      ": language_config.",
      kWindowField,
      ": expected a whole number, as ",
      family.name,
      " forgets its own output, got null");
  return window;
}

void set_window(Json& config, int64_t window) {
  config["language_config"][kWindowField] = window;
  for (const char* field : {kWindowField, kOldWindowField}) {
    for (Json* object : {&config, &config["language_config"]}) {
      if (!value_of(*object, field).is_null()) {
        (*object)[field] = window;
      }
    }
  }
}

void check_features(const Json& config, const std::string& where) {
  static const std::vector<Feature> layout_features = {
      {"tile_tag", "2D"}, {"global_view_pos", "head"}};
  static const std::vector<Feature> projector_features = {
      {"token_pooling", false}};
  static const std::vector<Json> decoder_types = {
      nullptr, "deepseek_v2", "DeepseekOCR", "deepseek_vl_v2"};
  static const std::vector<Json> decoder_classes = {
      nullptr,
      Json::array({"DeepseekV2ForCausalLM"}),
      Json::array({"DeepseekOCRForCausalLM"})};

  check_features_of(config, layout_features, where);
  check_features_of(
      value_of(config, "projector_config"),
      projector_features,
      where + ": projector_config");
  check_decoder(config, where);
  const Json language = value_of(config, "language_config");
  const std::string inner = where + ": language_config";
  check_decoder(language, inner);
  const auto check_one_of = [&](const char* field,
                                const std::vector<Json>& supported) {
    const Json value = value_of(language, field);
    check(
        std::find(supported.begin(), supported.end(), value) != supported.end(),
        inner,
        ": ",
        field,
        ": only ",
        supported[1].dump(),
        " is supported, got ",
        value.dump());
  };
  check_one_of("model_type", decoder_types);
  check_one_of("architectures", decoder_classes);
}

} // namespace microfiche::model
