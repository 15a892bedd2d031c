#pragma once

#include "checkpoint/sharded_checkpoint.h"
#include "core/json.h"
#include "model/device.h"
#include "model/model_config.h"
#include "model/optical_model.h"
#include "tokenizer/tokenizer.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace microfiche::model {

/// A model folder in memory, ready to run.
struct LoadedModel {
  OpticalModel model{nullptr};
  ModelConfig config;
  Placement placement;
  std::filesystem::path folder;

  /// SHA-256 of the weights, for provenance; see `Checkpoint::sha256`. With an
  /// adapter, of both hashes. Computed at the first call, since that reads all
  /// of them.
  std::string hash() const;

  /// The adapter folder that is merged into the weights, and its hash; empty
  /// for most.
  std::filesystem::path adapter;
  std::string adapter_sha256;

  /// The files that the weights lie in; null for a model that was not loaded.
  std::shared_ptr<const checkpoint::Checkpoint> checkpoint;

  /// Empty when the folder has no tokenizer.json, which encoding can do
  /// without.
  std::optional<tokenizer::Tokenizer> own_tokenizer;

  /// The folder's tokenizer. Throws `InputError` saying what is missing when
  /// there is none.
  const tokenizer::Tokenizer& tokenizer() const;

  /// The model's own mode or the official one; an empty name is the config's
  /// `default_mode`.
  page::ResolutionMode find_mode(const std::string& name) const;

  /// Folder, weights' and tokenizer's hash, device and dtype, as every result
  /// carries them.
  Json provenance() const;
};

/// Loads a model folder: config.json, the checkpoint and, where there is one,
/// tokenizer.json. The model comes in evaluation mode.
///
/// Throws `InputError` when a file is missing, malformed or does not fit the
/// others: tensors of other shapes than the config's, a tokenizer whose ids
/// exceed the embedding.
LoadedModel load_model(
    const std::filesystem::path& folder,
    const Placement& placement = {});

/// As above, with the folder's config.json already read.
LoadedModel load_model(
    const std::filesystem::path& folder,
    const ModelConfig& config,
    const Placement& placement);

/// A model of that config with weights as they are drawn at the start, and the
/// tokenizer of that file; what a training begins with.
LoadedModel make_model(
    const ModelConfig& config,
    const std::filesystem::path& tokenizer_file,
    const Placement& placement = {});

/// Writes a model folder: config.json, model.safetensors as f32 or bf16, and a
/// copy of `tokenizer_file` unless that is empty.
void save_model(
    const LoadedModel& loaded,
    const std::filesystem::path& folder,
    torch::Dtype dtype,
    const std::filesystem::path& tokenizer_file);

} // namespace microfiche::model
