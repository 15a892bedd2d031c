#pragma once

#include "training/parameter.h"
#include "training/training_config.h"
#include "training/training_heads.h"

#include "model/loaded_model.h"
#include "text_compression/text_compressor.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// What a run trains: a model, perhaps with an adapter on it or a text
/// compressor before its decoder, and heads beside it.
struct TrainedModel {
  model::LoadedModel loaded;
  TrainingHeads heads;

  /// Empty where the decoder gets pages.
  text_compression::TextCompressor text_compressor{nullptr};

  /// Of all of these. What is loaded and no stage trains has no master.
  std::vector<Parameter> parameters;

  /// The masters that this process has, as "model.NAME", "heads.NAME" and
  /// "text_compressor.NAME"; copying into them and `take_masters` restores a
  /// state.
  std::map<std::string, torch::Tensor> state() const;
};

/// Makes or loads the model of a config, with its adapter, where it is trained.
/// With sharded optimizer state, process `rank` of `processes` has masters of
/// what it owns.
///
/// Throws `InputError` for a model that does not fit, for int8 weights, and for
/// stages that train more than the adapter where there is one.
TrainedModel make_trained_model(
    const TrainingConfig& config,
    torch::Device device,
    int64_t rank = 0,
    int64_t processes = 1);

/// Writes what came out: the model folder `model/`, with the text compressor in
/// it where there is one, and, with an adapter,
/// `adapter/` as PEFT reads it, which is merged into the former.
void save_trained_model(
    TrainedModel& trained,
    const TrainingConfig& config,
    const std::filesystem::path& run_folder);

} // namespace microfiche::training
