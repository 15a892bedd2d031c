#pragma once

#include "training/evaluation.h"
#include "training/run_state.h"
#include "training/training_data.h"

namespace microfiche::training {

/// Evaluates a run on held-out pages and conversations, with the average of the
/// weights if there is one. Called by all processes; only the first one reads,
/// and the others return no rows.
Evaluation evaluate_held_out(
    RunState& state,
    const TrainingData& data,
    const TrainingConfig& config);

} // namespace microfiche::training
