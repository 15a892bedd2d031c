#pragma once

#include "training/batch/training_data.h"
#include "training/evaluation/evaluation.h"
#include "training/run_state.h"

namespace microfiche::training {

/// Evaluates a run on held-out pages and conversations, with the average of the
/// weights if there is one. Called by all processes; only the first one reads,
/// and the others return no rows.
Evaluation evaluate_held_out(
    RunState& state,
    const TrainingData& data,
    const TrainingConfig& config);

} // namespace microfiche::training
