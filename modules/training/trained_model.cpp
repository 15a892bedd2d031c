#include "training/trained_model.h"

#include "core/error.h"
#include "layers/skip_init.h"
#include "text_compression/text_compressor_file.h"
#include "training/distributed/sharding.h"
#include "training/optimizer/model_parts.h"
#include "training/trained_pages.h"

#include <torch/torch.h>

#include <algorithm>

namespace microfiche::training {
namespace {

/// Whether a parameter is not part of the model; see `TrainedModel::state`.
bool is_beside_model(const std::string& name) {
  return in_part("heads", name) || in_part("text_compressor", name);
}

model::LoadedModel make_initial_model(
    const TrainingConfig& config,
    torch::Device device) {
  torch::manual_seed(config.seed);
  const model::Placement placement{
      device, config.precision == "bf16" ? torch::kBFloat16 : torch::kFloat32};
  auto loading = placement;
  const auto model_config =
      model::load_model_config(config.model / "config.json");
  if (!config.from_weights || model_config.dtype() != "bfloat16") {
    // Masters are copied from float32 weights before these are rounded.
    loading.dtype = torch::kFloat32;
  }
  auto loaded = config.from_weights
      ? model::load_model(config.model, model_config, loading)
      : model::make_model(
            model_config, config.model / "tokenizer.json", loading);
  check(
      loaded.placement.weights == model::WeightFormat::kFloat,
      config.model.string(),
      ": its weights are ",
      model::format_name(loaded.placement.weights),
      ", which cannot be trained; use the folder of the model before "
      "quantization");
  if (config.parts_from) {
    copy_parts(loaded.model, *config.parts_from);
  }
  loaded.folder = config.model;
  loaded.placement = placement;
  if (config.adapter) {
    model::add_adapter(loaded.model, *config.adapter);
  }
  return loaded;
}

/// Whether any stage gives the parameter a rate.
bool is_ever_trained(const Parameter& parameter, const TrainingConfig& config) {
  return std::any_of(
      config.stages.begin(), config.stages.end(), [&](const auto& stage) {
        return find_rate(parameter, stage.rates, config.optimizer) > 0;
      });
}

bool needs_initial_encoder(const TrainingConfig& config) {
  return std::any_of(
      config.stages.begin(), config.stages.end(), [](const auto& stage) {
        return stage.losses.needs(TermInput::kInitialEncoder);
      });
}

std::shared_ptr<encoder::DeepEncoderImpl> frozen_copy(
    const encoder::DeepEncoderImpl& encoder) {
  // The weights are copied, so random ones are not needed.
  const layers::SkipInitGuard skip;
  auto copy =
      std::dynamic_pointer_cast<encoder::DeepEncoderImpl>(encoder.clone());
  for (auto& parameter : copy->parameters()) {
    parameter.requires_grad_(false);
  }
  copy->eval();
  return copy;
}

void check_fits_adapter(const std::string& name) {
  check(
      in_part("adapter", name) || in_part("heads", name),
      "training: with an adapter only \"adapter\" and \"heads\" can be trained, "
      "because an adapter folder holds nothing else; a rate matches ",
      name);
}

} // namespace

std::map<std::string, torch::Tensor> TrainedModel::state() const {
  std::map<std::string, torch::Tensor> state;
  for (const auto& parameter : parameters) {
    if (parameter.master.defined()) {
      const auto& name = parameter.name;
      state[is_beside_model(name) ? name : "model." + name] = parameter.master;
    }
  }
  return state;
}

TrainedModel make_trained_model(
    const TrainingConfig& config,
    torch::Device device,
    int64_t rank,
    int64_t processes) {
  TrainedModel trained;
  trained.loaded = make_initial_model(config, device);
  trained.heads = make_heads(config.glyph_head, trained.loaded.config, device);
  std::vector<Parameter> kept;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    const bool ever = is_ever_trained({name, tensor, {}}, config);
    if (ever && config.adapter) {
      check_fits_adapter(name);
    }
    const bool keep = ever || is_beside_model(name) || !config.from_weights;
    (keep ? kept : trained.parameters).push_back({name, tensor, {}});
  };
  for (const auto& item : trained.loaded.model->named_parameters()) {
    add(item.key(), item.value());
  }
  for (const auto& [name, tensor] : named_parameters(trained.heads)) {
    add(name, tensor);
  }
  if (config.text_compressor) {
    trained.text_compressor = text_compression::TextCompressor(
        text_compression::TextCompressorOptions(
            trained.loaded.config.language.hidden_size,
            *config.text_compressor));
    trained.text_compressor->to(device);
    for (const auto& item : trained.text_compressor->named_parameters()) {
      add("text_compressor." + item.key(), item.value());
    }
  }
  if (config.optimizer.shard_state) {
    assign_owners(kept, config, processes);
  }
  for (auto& parameter : kept) {
    if (parameter.owner.value_or(rank) == rank) {
      make_master(parameter);
    }
  }
  trained.parameters.insert(trained.parameters.end(), kept.begin(), kept.end());
  round_weights(trained.parameters, trained.loaded.placement.dtype);
  if (needs_initial_encoder(config)) {
    trained.initial_encoder = frozen_copy(*trained.loaded.model->encoder);
  }
  return trained;
}

void save_trained_model(
    TrainedModel& trained,
    const TrainingConfig& config,
    const std::filesystem::path& run_folder) {
  auto& loaded = trained.loaded;
  if (config.adapter) {
    model::save_adapter(
        loaded.model,
        *config.adapter,
        run_folder / "adapter",
        config.model.string());
    model::merge_adapter(loaded.model);
  }
  loaded.config.toolkit.trained_on = trained_pages(config, loaded.config);
  // Rounded masters are the weights of a model that computes in bf16.
  model::save_model(
      loaded,
      run_folder / "model",
      torch::kBFloat16,
      config.model / "tokenizer.json");
  if (trained.text_compressor) {
    text_compression::save_text_compressor(
        trained.text_compressor, run_folder / "model");
  }
}

} // namespace microfiche::training
