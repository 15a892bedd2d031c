#include "model/model_config.h"

#include "core/error.h"
#include "model/model_config_validation.h"
#include "model/model_family.h"
#include "model/model_features.h"
#include "model/output_window.h"
#include "model/second_stage_format.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace microfiche::model {
namespace {

/// The object of that name, or null if there is none.
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

/// Reads the fields of `section` and ignores others, because Hugging Face
/// writes many.
template <typename Section>
void read_section(
    const Json& object,
    Section& section,
    const std::string& where) {
  ConfigReader reader(object, where);
  visit_fields(reader, section);
}

/// Replaces `rope_parameters` of newer configs by the `rope_theta` inside.
/// Refuses scaled positions.
Json without_rope_parameters(Json fields, const std::string& where) {
  const Json* found = find_object(fields, "rope_parameters", where);
  if (found == nullptr) {
    fields.erase("rope_parameters");
    return fields;
  }
  const Json rope = *found;
  fields.erase("rope_parameters");
  const std::string path = where + ": rope_parameters";
  for (const auto& [name, value] : rope.items()) {
    if (name == "rope_theta") {
      check(
          fields.value(name, value) == value,
          path,
          ".rope_theta is ",
          value.dump(),
          " but rope_theta is ",
          fields.value(name, Json()).dump());
      fields[name] = value;
    } else {
      // Newer configs say "rope_type", older ones "type".
      const bool is_type = name == "rope_type" || name == "type";
      check(
          (is_type && value == "default") ||
              (name == "partial_rotary_factor" && value == 1.0),
          path,
          ".",
          name,
          ": only rope_type \"default\" is supported, got ",
          value.dump());
    }
  }
  return fields;
}

/// The decoder's fields: those of `language_config`, which the top level may
/// repeat but not contradict, or those of the top level alone.
Json language_fields(const Json& json, const std::string& where) {
  const Json top_fields = without_rope_parameters(json, where);
  const Json* nested = find_object(json, "language_config", where);
  if (nested == nullptr) {
    return top_fields;
  }
  Json fields = without_rope_parameters(*nested, where + ": language_config");
  const Json known = write_config(LanguageConfig());
  for (const auto& [name, unused] : known.items()) {
    const auto top = top_fields.find(name);
    if (top == top_fields.end()) {
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

/// `dtype` is the newer name of `torch_dtype`.
constexpr std::array<const char*, 2> kDtypeFields = {"dtype", "torch_dtype"};

/// The dtype that one object of a config states, empty if none. Throws
/// `InputError` for two that differ and for one that is not known.
std::string find_dtype(const Json& object, const std::string& where) {
  std::string found;
  for (const char* field : kDtypeFields) {
    const Json value = object.value(field, Json());
    if (value.is_null()) {
      continue;
    }
    check(
        value == "float32" || value == "bfloat16" || value == "float16",
        where,
        ": ",
        field,
        ": expected \"float32\", \"bfloat16\" or \"float16\", got ",
        value.dump());
    check(
        found.empty() || value == found,
        where,
        ": dtype is \"",
        found,
        "\" but torch_dtype is ",
        value.dump(),
        "; remove one of them");
    found = value.get<std::string>();
  }
  return found;
}

/// The dtype of the top level or, without one, of `language_config`.
std::string find_config_dtype(const Json& json, const std::string& where) {
  const auto top = find_dtype(json, where);
  const Json* language = find_object(json, "language_config", where);
  const auto inner = language == nullptr
      ? ""
      : find_dtype(*language, where + ": language_config");
  return top.empty() ? inner : top;
}

} // namespace

const ModelFamily& ModelConfig::family() const {
  return find_family(source, "config.json");
}

std::string ModelConfig::dtype() const {
  return find_config_dtype(source, "config.json");
}

void set_dtype(Json& json, const std::string& dtype) {
  for (const char* field : kDtypeFields) {
    json.erase(field);
    if (json.value("language_config", Json()).is_object()) {
      json["language_config"].erase(field);
    }
  }
  json["torch_dtype"] = dtype;
}

Quantization ModelConfig::quantization() const {
  return read_quantization(
      source.value("quantization_config", Json()),
      "config.json: quantization_config");
}

int64_t ModelConfig::pixels_per_token() const {
  return toolkit.sam_patch_size << sam.downsample_channels.size();
}

int64_t ModelConfig::clip_table_side() const {
  return clip.image_size / clip.patch_size;
}

ModelConfig read_model_config(const Json& json, const std::string& where) {
  check(
      json.is_object(), where, ": expected an object, got ", json.type_name());
  check(
      !json.contains("text_config") || json.contains("language_config"),
      where,
      ": text_config: expected language_config; this is not the layout of "
      "deepseek-ai/DeepSeek-OCR but of a conversion for the classes in "
      "transformers, whose tensors have other names: get the published folder");
  const auto& family = find_family(json, where);
  check_features(json, where);
  ModelConfig config;
  config.source = json;

  const std::string vision_where = where + ": vision_config";
  const std::string sam_where = vision_where + ".width." + kSamName;
  const auto& stage = second_stage_format(config);
  const Json* stage_sizes = nullptr;
  if (const Json* vision = find_object(json, "vision_config", where)) {
    ConfigReader(*vision, vision_where)("image_size", config.image_size);
    if (const Json* towers = find_object(*vision, "width", vision_where)) {
      if (const Json* sam = find_object(*towers, kSamName, vision_where)) {
        read_section(*sam, config.sam, sam_where);
      }
      stage_sizes = find_object(*towers, stage.name.c_str(), vision_where);
    }
  }
  stage.read(
      stage_sizes == nullptr ? Json::object() : *stage_sizes,
      config,
      vision_where + ".width." + stage.name);
  if (const Json* projector = find_object(json, "projector_config", where)) {
    read_section(*projector, config.projector, where + ": projector_config");
  }
  const std::string language_where =
      json.contains("language_config") ? where + ": language_config" : where;
  const Json language = language_fields(json, where);
  read_section(language, config.language, language_where);
  config.language.sliding_window_size = find_window(json, family, where);
  if (!family.prompt.empty()) {
    config.toolkit.default_prompt = family.prompt;
  }
  config.toolkit.default_mode = family.default_mode;
  if (const Json* toolkit = find_object(json, "microfiche", where)) {
    ConfigReader reader(*toolkit, where + ": microfiche");
    visit_fields(reader, config.toolkit);
    reader.finish();
  }
  for (auto& mode : config.toolkit.modes) {
    mode.layout = token_layout(config);
  }

  validate(config, where);
  find_config_dtype(json, where);
  read_quantization(
      json.value("quantization_config", Json()),
      where + ": quantization_config");
  return config;
}

ModelConfig load_model_config(const std::filesystem::path& file) {
  const auto folder = file.parent_path();
  check(
      folder.empty() || std::filesystem::is_directory(folder),
      folder.string(),
      ": expected a model folder with config.json and model.safetensors, ",
      std::filesystem::exists(folder) ? "got a file" : "which does not exist");
  return read_model_config(read_json_file(file), file.string());
}

Json write_model_config(const ModelConfig& config) {
  Json json = config.source;
  const auto put = [](Json& object, const Json& fields) {
    for (const auto& [name, value] : fields.items()) {
      object[name] = value;
    }
  };
  json.erase("rope_parameters");
  Json& vision = json["vision_config"];
  vision["image_size"] = config.image_size;
  put(vision["width"][kSamName], write_config(config.sam));
  const auto& stage = second_stage_format(config);
  put(vision["width"][stage.name], stage.write(config));
  put(json["projector_config"], write_config(config.projector));
  Json& language = json["language_config"];
  put(language, write_config(config.language));
  language.erase("rope_parameters");
  if (config.language.sliding_window_size) {
    set_window(json, *config.language.sliding_window_size);
  }
  const Json toolkit = write_config(config.toolkit);
  if (toolkit != write_config(ToolkitConfig()) || json.contains("microfiche")) {
    json["microfiche"] = toolkit;
  }
  return json;
}

page::TokenLayout token_layout(const ModelConfig& config) {
  auto layout = config.family().modes().front().layout;
  layout.squares_per_token =
      second_stage_format(config).squares_per_token(config);
  return layout;
}

std::vector<page::ResolutionMode> family_modes(const ModelConfig& config) {
  auto modes = published_modes(config.family());
  for (auto& mode : modes) {
    mode.layout = token_layout(config);
  }
  return modes;
}

std::vector<page::ResolutionMode> modes_of(const ModelConfig& config) {
  return config.toolkit.modes.empty() ? family_modes(config)
                                      : config.toolkit.modes;
}

page::ResolutionMode find_mode(
    const ModelConfig& config,
    const std::string& name) {
  auto mode = page::find_mode(name, config.toolkit.modes, family_modes(config));
  validate_mode(config, mode, "--mode " + name);
  return mode;
}

} // namespace microfiche::model
