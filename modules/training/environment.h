#pragma once

#include "training/run_state.h"
#include "training/training_data.h"

#include "core/json.h"

namespace microfiche::training {

/// What a run depends on beside its config, for `environment.json`: program,
/// model, threads, processes, fonts and text.
Json describe_environment(
    const TrainingConfig& config,
    const RunState& state,
    const TrainingData& data);

} // namespace microfiche::training
