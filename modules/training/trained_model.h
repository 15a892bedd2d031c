#pragma once

#include "training/loss/training_heads.h"
#include "training/optimizer/parameter.h"
#include "training/training_config.h"

#include "model/loaded_model.h"
#include "text_compression/text_compressor.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::training {

/// What a run trains: a model, perhaps with an adapter or a text compressor,
/// and heads that only training uses.
struct TrainedModel {
  model::LoadedModel loaded;
  TrainingHeads heads;

  /// The encoder before training, frozen; null if no stage has a weight for
  /// `losses.kept_tokens`.
  std::shared_ptr<encoder::DeepEncoderImpl> initial_encoder;

  /// Empty if the decoder gets pages.
  text_compression::TextCompressor text_compressor{nullptr};

  /// Of all of these. A loaded parameter that no stage trains has no master.
  std::vector<Parameter> parameters;

  /// The masters that this process has, as "model.NAME", "heads.NAME" and
  /// "text_compressor.NAME". To restore a state, copy into them and call
  /// `copy_masters_to_weights`.
  std::map<std::string, torch::Tensor> state() const;
};

/// Makes or loads the model of a config, with its adapter. With sharded
/// optimizer state, rank `rank` has the masters of the parameters that it owns.
///
/// Throws `InputError` for a model that does not match, for quantized weights,
/// and for stages that train more than the adapter and heads of a model with an
/// adapter.
TrainedModel make_trained_model(
    const TrainingConfig& config,
    torch::Device device,
    int64_t rank = 0,
    int64_t processes = 1);

/// Writes the model folder `model/`, with the text compressor if there is one.
/// With an adapter, writes `adapter/` in PEFT's format and merges it into the
/// model.
void save_trained_model(
    TrainedModel& trained,
    const TrainingConfig& config,
    const std::filesystem::path& run_folder);

} // namespace microfiche::training
