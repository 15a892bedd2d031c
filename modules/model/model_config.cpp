#include "model/model_config.h"

#include "core/error.h"
#include "model/model_config_validation.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace microfiche::model {
namespace {

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

  validate(config, where);
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
  validate_mode(config, mode, "--mode " + name);
  return mode;
}

} // namespace microfiche::model
