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

  /// The quantized layers; empty if no layer is.
  Quantization quantization;

  std::filesystem::path folder;

  /// SHA-256 of the weights, for provenance; see `Checkpoint::sha256`. With an
  /// adapter, of both hashes. Reads all weights.
  std::string hash() const;

  /// The adapter folder that is merged into the weights, and its hash; empty
  /// without one.
  std::filesystem::path adapter;
  std::string adapter_sha256;

  /// The files of the weights; null for a model that was not loaded.
  std::shared_ptr<const checkpoint::Checkpoint> checkpoint;

  /// Empty if the folder has no tokenizer.json. Encoding does not need one.
  std::optional<tokenizer::Tokenizer> own_tokenizer;

  /// The folder's tokenizer. Throws `InputError` if there is none.
  const tokenizer::Tokenizer& tokenizer() const;

  /// The model's own mode, or the official one; an empty name means the
  /// config's `default_mode`.
  page::ResolutionMode find_mode(const std::string& name) const;

  /// Folder, hashes of weights and tokenizer, device, dtype and a window if it
  /// has one; part of every result.
  Json provenance() const;
};

/// Loads a model folder: config.json, the checkpoint and, if there is one,
/// tokenizer.json. The model is in evaluation mode.
///
/// Throws `InputError` when a file is missing, malformed or does not fit the
/// others: tensors of other shapes than the config's, a tokenizer with more ids
/// than the embedding.
LoadedModel load_model(
    const std::filesystem::path& folder,
    const Placement& placement = {});

/// As above, with the folder's config.json already read.
LoadedModel load_model(
    const std::filesystem::path& folder,
    const ModelConfig& config,
    const Placement& placement);

/// A model of that config with random initial weights, for training.
LoadedModel make_model(
    const ModelConfig& config,
    const std::filesystem::path& tokenizer_file,
    const Placement& placement = {});

/// Writes a model folder: config.json, model.safetensors in f32 or bf16, and a
/// copy of `tokenizer_file` unless it is empty.
void save_model(
    const LoadedModel& loaded,
    const std::filesystem::path& folder,
    torch::Dtype dtype,
    const std::filesystem::path& tokenizer_file);

} // namespace microfiche::model
