#include "training/evaluation/held_out_evaluation.h"

namespace microfiche::training {

Evaluation evaluate_held_out(
    RunState& state,
    const TrainingData& data,
    const TrainingConfig& config) {
  Evaluation evaluation;
  state.swap_average();
  if (is_first(state.group())) {
    auto& trained = state.trained;
    if (!config.evaluation.modes.empty()) {
      evaluate(
          trained.loaded,
          trained.text_compressor,
          *data.held_out_pages(),
          config.evaluation,
          config.seed,
          evaluation);
    }
    if (const auto conversations = data.held_out_conversations()) {
      evaluate(
          trained.loaded,
          *conversations,
          config.evaluation,
          config.seed,
          evaluation);
    }
  }
  state.swap_average();
  return evaluation;
}

} // namespace microfiche::training
