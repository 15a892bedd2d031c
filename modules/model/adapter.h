#pragma once

#include "model/loaded_model.h"
#include "model/optical_model.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::model {

// Note [Adapter folders]
// The format of a LoRA adapter is that of the Python package PEFT:
// `adapter_config.json` has its rank, alpha and target modules;
// `adapter_model.safetensors` names tensors "base_model.model.", the published
// name of a linear layer, and ".lora_A.weight" (r, in) or ".lora_B.weight"
// (out, r). Other features of PEFT (other kinds of adapters, saved modules,
// several ranks, initialisations that change the base weights) are refused by
// name.

/// A LoRA adapter: linear layers get the product of two small matrices beside
/// their weights. See Note [LoRA].
struct AdapterConfig {
  /// Rank of the product of the two matrices, 1 to 4096.
  int64_t rank = 16;

  /// Scale of the adapter, above 0: the product is multiplied by alpha / rank,
  /// or with `rslora` by alpha / sqrt(rank).
  double alpha = 32;

  /// Divides `alpha` by the square root of `rank` (rank-stabilized LoRA)
  /// instead of by `rank`.
  bool rslora = false;

  /// Probability in training of dropping an input of the adapter, from 0 to
  /// below 1.
  double dropout = 0;

  /// Linear layers that get an adapter, as patterns with `*` over names such as
  /// "decoder.layers.0.attention.q_proj". Each pattern must match a layer.
  std::vector<std::string> targets = {"decoder.layers.*_proj"};

  /// The factor of B A.
  double scale() const;
};

/// Throws `InputError` for values out of range.
void validate(const AdapterConfig& config, const std::string& where);

/// Adds a new adapter to the layers that a target matches. Throws `InputError`
/// for a target that matches none.
void add_adapter(OpticalModel& model, const AdapterConfig& config);

/// Writes the model's adapter to a folder; see Note [Adapter folders].
/// `base_model` is the name of the base model in its config.
void save_adapter(
    OpticalModel& model,
    const AdapterConfig& config,
    const std::filesystem::path& folder,
    const std::string& base_model);

/// Adds the adapter of a folder to the model. Throws `InputError` when a file
/// is missing or malformed, for adapters that are not plain LoRA, and for
/// tensors that do not fit a linear layer of the model.
void load_adapter(OpticalModel& model, const std::filesystem::path& folder);

/// Adds the adapter to the weights and removes it. Throws `InputError` for int8
/// weights.
void merge_adapter(OpticalModel& model);

/// Merges the adapter of a folder into the model's weights. The model's
/// provenance then names it.
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
