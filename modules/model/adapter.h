#pragma once

#include "model/loaded_model.h"
#include "model/optical_model.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::model {

// Note [Adapter folders]
// A LoRA adapter is kept as the Python package PEFT keeps it:
// `adapter_config.json` with its rank, alpha and target modules, and
// `adapter_model.safetensors` with "base_model.model.", the published name of a
// linear layer, and ".lora_A.weight" (r, in) or ".lora_B.weight" (out, r). What
// PEFT can do beyond that (other kinds of adapters, whole modules saved beside,
// ranks that differ) is refused by name.

/// A LoRA adapter; see Note [LoRA].
struct AdapterConfig {
  /// Rows of A.
  int64_t rank = 16;

  /// The product is scaled by alpha / rank, with `rslora` by alpha /
  /// sqrt(rank).
  double alpha = 32;
  bool rslora = false;

  /// Probability with which a number that comes in is left out, in training.
  double dropout = 0;

  /// The linear layers that get one, as patterns with `*` over our names
  /// ("decoder.layers.0.attention.q_proj").
  std::vector<std::string> targets = {"decoder.layers.*_proj"};

  /// What B A is multiplied by.
  double scale() const;
};

/// Throws `InputError` for values that make no sense.
void validate(const AdapterConfig& config, const std::string& where);

/// Adds a new adapter to the layers that a target matches. Throws `InputError`
/// for a target without any.
void add_adapter(OpticalModel& model, const AdapterConfig& config);

/// Writes the model's adapter to a folder; see Note [Adapter folders].
/// `base_model` is what its config calls the model that it belongs to.
void save_adapter(
    OpticalModel& model,
    const AdapterConfig& config,
    const std::filesystem::path& folder,
    const std::string& base_model);

/// Adds the adapter of a folder to the model. Throws `InputError` when a file
/// is missing or malformed, for adapters that are not plain LoRA, and for
/// tensors that fit no linear layer of the model.
void load_adapter(OpticalModel& model, const std::filesystem::path& folder);

/// Adds what the model's adapter does to its weights, and drops the adapter.
/// Throws `InputError` for int8 weights.
void merge_adapter(OpticalModel& model);

/// Loads the adapter of a folder into a model's weights; from then on the
/// model's provenance names it.
void apply_adapter(LoadedModel& loaded, const std::filesystem::path& folder);

template <typename Visitor>
void visit_fields(Visitor&& visit, AdapterConfig& config) {
  visit("rank", config.rank);
  visit("alpha", config.alpha);
  visit("rslora", config.rslora);
  visit("dropout", config.dropout);
  visit("targets", config.targets);
}

} // namespace microfiche::model
