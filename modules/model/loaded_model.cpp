#include "model/loaded_model.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "layers/skip_init.h"
#include "model/checkpoint_names.h"
#include "model/int4_preset.h"
#include "model/state_dict.h"

#include <c10/util/Exception.h>

namespace microfiche::model {
namespace {

/// Refuses a tokenizer with more ids than rows in the embedding.
void check_tokenizer(
    const tokenizer::Tokenizer& tokenizer,
    const ModelConfig& config,
    const std::filesystem::path& file) {
  check(
      tokenizer.size() <= config.language.vocab_size,
      file.string(),
      ": its largest id is ",
      tokenizer.size() - 1,
      " but the model's embedding has rows 0 to ",
      config.language.vocab_size - 1,
      " (vocab_size in config.json); is it another model's tokenizer?");
}

} // namespace

const tokenizer::Tokenizer& LoadedModel::tokenizer() const {
  check(
      own_tokenizer.has_value(),
      folder.string(),
      ": there is no tokenizer.json; prompts and text need one");
  return *own_tokenizer;
}

std::string LoadedModel::hash() const {
  if (checkpoint == nullptr) {
    return "";
  }
  return adapter_sha256.empty() ? checkpoint->sha256()
                                : sha256(checkpoint->sha256() + adapter_sha256);
}

page::ResolutionMode LoadedModel::find_mode(const std::string& name) const {
  return model::find_mode(
      config, name.empty() ? config.toolkit.default_mode : name);
}

Json LoadedModel::provenance() const {
  Json json = Json::object();
  json["folder"] = folder.string();
  json["sha256"] = hash();
  if (!adapter.empty()) {
    json["adapter"] = adapter.string();
    json["adapter_sha256"] = adapter_sha256;
  }
  json["tokenizer_sha256"] =
      own_tokenizer ? Json(own_tokenizer->sha256()) : Json(nullptr);
  json["device"] = device_name(placement.device);
  json["dtype"] = dtype_name(placement);
  if (config.language.sliding_window_size) {
    json["window"] = *config.language.sliding_window_size;
  }
  return json;
}

LoadedModel load_model(
    const std::filesystem::path& folder,
    const Placement& placement) {
  return load_model(
      folder, load_model_config(folder / "config.json"), placement);
}

LoadedModel load_model(
    const std::filesystem::path& folder,
    const ModelConfig& config,
    const Placement& placement) {
  LoadedModel loaded;
  loaded.folder = folder;
  loaded.placement = placement;
  loaded.config = config;
  const auto tokenizer_file = folder / "tokenizer.json";
  if (std::filesystem::exists(tokenizer_file)) {
    loaded.own_tokenizer = tokenizer::Tokenizer::load(tokenizer_file);
    check_tokenizer(*loaded.own_tokenizer, loaded.config, tokenizer_file);
  }

  loaded.quantization = config.quantization();
  const auto stored = loaded.quantization.format();
  check(
      stored == WeightFormat::kFloat ||
          placement.weights == WeightFormat::kFloat ||
          placement.weights == stored,
      folder.string(),
      ": its weights are ",
      format_name(stored),
      " and cannot become ",
      format_name(placement.weights),
      "; use the folder of the model before quantization");
  // Check the checkpoint before allocating a large model.
  loaded.checkpoint = std::make_shared<const checkpoint::Checkpoint>(
      checkpoint::Checkpoint::open(folder));
  const auto specs = checkpoint_tensors(loaded.config);
  check_checkpoint(*loaded.checkpoint, specs, folder.string());
  {
    const layers::SkipInitGuard skip;
    loaded.model = OpticalModel(optical_model_options(loaded.config));
  }
  load_state_dict(loaded.model, loaded.checkpoint, specs, placement);
  if (loaded.quantization.groups.empty()) {
    loaded.quantization = default_quantization(config, placement.weights);
    quantize_linear_layers(loaded.model, loaded.quantization);
  }
  loaded.placement.weights = loaded.quantization.format();
  if (placement.bf16_matrices) {
    widen_all_but_matrices(loaded.model);
  }
  if (placement.device.is_cuda()) {
    loaded.model->decoder->stack_experts();
  }
  loaded.model->eval();
  return loaded;
}

LoadedModel make_model(
    const ModelConfig& config,
    const std::filesystem::path& tokenizer_file,
    const Placement& placement) {
  LoadedModel loaded;
  loaded.config = config;
  loaded.placement = placement;
  loaded.own_tokenizer = tokenizer::Tokenizer::load(tokenizer_file);
  check_tokenizer(*loaded.own_tokenizer, config, tokenizer_file);
  loaded.model = OpticalModel(optical_model_options(config));
  loaded.model->to(placement.device, placement.dtype);
  loaded.model->eval();
  return loaded;
}

void save_model(
    const LoadedModel& loaded,
    const std::filesystem::path& folder,
    torch::Dtype dtype,
    const std::filesystem::path& tokenizer_file) {
  Json config = write_model_config(loaded.config);
  // The dtype of computation. No weights are written in float16.
  const auto stated = loaded.config.dtype();
  if (stated.empty() || stated == "float16") {
    set_dtype(config, dtype == torch::kBFloat16 ? "bfloat16" : "float32");
  }
  if (loaded.placement.weights != WeightFormat::kFloat) {
    config["quantization_config"] = write_quantization(loaded.quantization);
  } else {
    config.erase("quantization_config");
  }
  auto model = loaded.model;
  save_state_dict(model, folder / "model.safetensors", dtype);
  if (!tokenizer_file.empty()) {
    write_file(folder / "tokenizer.json", read_file(tokenizer_file));
  }
  write_json_file(folder / "config.json", config);
}

} // namespace microfiche::model
