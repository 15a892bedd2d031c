#pragma once

#include "training/batch/training_data.h"
#include "training/run_state.h"

#include "core/json.h"

#include <filesystem>

namespace microfiche::training {

/// What a run depends on beside its config, for `environment.json`: program,
/// machine, model, threads, processes, fonts and text. `started` is the last
/// start of a run that was resumed.
Json describe_environment(
    const TrainingConfig& config,
    const RunState& state,
    const TrainingData& data);

/// With `losses.kept_tokens`, throws `InputError` unless the model's weights
/// are those that `environment.json` of the run folder names: the term compares
/// with them, and checkpoints do not hold them.
void check_same_initial_encoder(
    const std::filesystem::path& run_folder,
    const RunState& state);

} // namespace microfiche::training
