#include "model/model_family.h"

#include "core/error.h"
#include "model/config_field.h"
#include "model/model_config.h"

#include <algorithm>
#include <array>
#include <utility>

namespace microfiche::model {
namespace {

const std::array<ModelFamily, 3>& families() {
  static const std::array<ModelFamily, 3> all = {{
      {.name = "DeepSeek-OCR",
       .architecture = "DeepseekOCRForCausalLM",
       .model_types = {"deepseek_vl_v2", "DeepseekOCR"},
       .vision_name = "deeplip_b_l",
       .second_stage = kClipName},
      {.name = "Unlimited-OCR",
       .architecture = "UnlimitedOCRForCausalLM",
       .model_types = {"unlimited-ocr", "unlimited_ocr"},
       .vision_name = "deeplip_b_l",
       .second_stage = kClipName,
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
       .second_stage = kFlowName,
       .modes = page::flow_modes,
       .default_mode = "dynamic"},
  }};
  return all;
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

const ModelFamily& family_of_architecture(
    const Json& architectures,
    const std::string& where) {
  std::vector<std::string> known;
  for (const auto& family : families()) {
    if (architectures == Json::array({family.architecture})) {
      return family;
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
const ModelFamily& family_of_other_fields(
    const Json& config,
    const std::string& where) {
  const Json model_type = value_of(config, "model_type");
  const Json vision = value_of(config, "vision_config");
  const Json stages = value_of(vision, "width");
  const auto all = model_families();
  for (const auto& family : all) {
    if (value_of(vision, "model_name") == family.vision_name &&
        family.vision_name != all[0].vision_name) {
      return family;
    }
    if (stages.is_object() && stages.contains(family.second_stage) &&
        family.second_stage != all[0].second_stage) {
      return family;
    }
  }
  if (model_type.is_null()) {
    return all[0];
  }
  std::vector<std::string> known;
  for (const auto& family : all) {
    if (has_type(family, model_type)) {
      return family;
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

} // namespace

std::span<const ModelFamily> model_families() {
  return families();
}

const ModelFamily& find_family(const Json& config, const std::string& where) {
  const Json architectures = value_of(config, "architectures");
  const bool is_named = !architectures.is_null() && !architectures.empty();
  const auto& family = is_named ? family_of_architecture(architectures, where)
                                : family_of_other_fields(config, where);
  check_agreement(config, family, where);
  return family;
}

std::vector<page::ResolutionMode> published_modes(const ModelFamily& family) {
  auto modes = family.modes();
  for (auto& mode : modes) {
    if (mode.name == "gundam") {
      mode.max_tiles = family.max_tiles;
    }
  }
  return modes;
}

} // namespace microfiche::model
