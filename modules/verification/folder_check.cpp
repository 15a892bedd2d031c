#include "verification/folder_check.h"

#include "checkpoint/sharded_checkpoint.h"
#include "core/error.h"
#include "core/json_difference.h"
#include "model/model_family.h"
#include "model/second_stage_format.h"
#include "verification/file_hashes.h"
#include "verification/published_tensors.h"
#include "verification/tensor_check.h"
#include "verification/tokenizer_check.h"

#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

namespace microfiche::verification {
namespace {

constexpr int64_t kBytesOfBf16 = 2;

int64_t numel(const std::vector<int64_t>& shape) {
  return std::accumulate(
      shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

/// The fields of a family's config.json that are not the defaults of
/// `ModelConfig`, which are those of DeepSeek-OCR.
///
/// Source: config.json of baidu/Unlimited-OCR and of
/// deepseek-ai/DeepSeek-OCR-2.
Json published_fields(const model::ModelFamily& family) {
  Json json = {
      {"architectures", {family.architecture}},
      {"vision_config", {{"model_name", family.vision_name}}}};
  if (family.name == "Unlimited-OCR") {
    json["language_config"] = {
        {"max_position_embeddings", 32768}, {"sliding_window_size", 128}};
  }
  if (family.name == "DeepSeek-OCR 2") {
    json["projector_config"] = {{"input_dim", 896}};
    json["vision_config"]["width"] = {{"qwen2-0-5b", {{"dim", 896}}}};
  }
  return json;
}

/// The fields that change the computation, by their place in config.json.
Json computed_fields(const model::ModelConfig& config) {
  Json language = write_config(config.language);
  // A weight of the training loss.
  language.erase("aux_loss_alpha");
  language["sliding_window_size"] = config.language.sliding_window_size
      ? Json(*config.language.sliding_window_size)
      : Json(nullptr);
  Json toolkit = write_config(config.toolkit);
  for (const char* statement : {"note", "trained_on"}) {
    toolkit.erase(statement);
  }
  Json stages = {{model::kSamName, write_config(config.sam)}};
  const auto& second = model::second_stage_format(config);
  stages[second.name] = second.write(config);
  return {
      {"vision_config",
       {{"image_size", config.image_size}, {"width", std::move(stages)}}},
      {"projector_config", write_config(config.projector)},
      {"language_config", std::move(language)},
      {"microfiche", std::move(toolkit)}};
}

} // namespace

std::vector<std::string> config_differences(const model::ModelConfig& config) {
  const auto published = computed_fields(model::read_model_config(
      published_fields(config.family()), "published config"));
  const auto ours = computed_fields(config);
  std::vector<std::string> differences;
  for (const auto& [part, fields] : ours.items()) {
    for (const auto& [name, value] : fields.items()) {
      if (const auto difference = first_difference(
              published[part].value(name, Json(nullptr)),
              value,
              concat(part, ".", name))) {
        differences.push_back(concat(
            "config.json: ",
            difference->path,
            ": ",
            difference->now,
            ", published ",
            difference->before));
      }
    }
  }
  return differences;
}

FolderCheck check_folder(const std::filesystem::path& folder) {
  check(
      std::filesystem::is_directory(folder),
      folder.string(),
      ": expected a model folder with config.json, tokenizer.json and "
      "safetensors files");
  const auto config = model::load_model_config(folder / "config.json");
  const auto checkpoint = checkpoint::Checkpoint::open(folder);

  FolderCheck result;
  result.folder = folder.string();
  result.family = config.family().name;
  const auto published = published_tensors(result.family);
  for (const auto& tensor : published) {
    ++result.published_tensors;
    result.published_parameters += numel(tensor.shape);
  }
  result.published_bytes = result.published_parameters * kBytesOfBf16;
  result.differences = config_differences(config);

  const auto tensors = check_tensors(checkpoint, published);
  result.tensors = tensors.tensors;
  result.parameters = tensors.parameters;
  result.bytes = tensors.bytes;
  const auto append = [&](const std::vector<std::string>& lines) {
    result.differences.insert(
        result.differences.end(), lines.begin(), lines.end());
  };
  append(tensors.differences);
  append(tokenizer_differences(folder / "tokenizer.json"));

  result.files = hash_files(folder);
  const auto numbers = check_numbers(checkpoint);
  append(numbers.differences);
  result.warnings = numbers.warnings;
  return result;
}

} // namespace microfiche::verification
