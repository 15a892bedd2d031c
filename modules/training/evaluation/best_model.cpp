#include "training/evaluation/best_model.h"

#include "core/error.h"
#include "core/terminal.h"

#include <torch/torch.h>

namespace microfiche::training {

void BestModel::compare(
    const std::vector<EvaluationRow>& rows,
    TrainingPosition& position) {
  if (pattern_.empty()) {
    return;
  }
  const double precision = mean_precision(rows, pattern_);
  // Every comparison with a NaN is false.
  if (precision > position.best_precision.value_or(-1)) {
    position.best_precision = precision;
    position.best_step = position.step;
    is_new_ = true;
  }
}

bool BestModel::must_be_saved() const {
  return pattern_.empty() || group_ == nullptr ? is_new_ : group_->any(is_new_);
}

bool BestModel::restore_best(
    RunState& state,
    const TrainingPosition& position,
    const std::filesystem::path& run_folder) const {
  const int64_t step = best_step(state, position);
  if (step == position.step) {
    return false;
  }
  const auto checkpoint = find_checkpoint(run_folder, step);
  check<IoError>(
      checkpoint.has_value(),
      run_folder.string(),
      ": the checkpoint of step ",
      step,
      ", which has the best evaluation, is missing or broken");
  state.restore_weights(*checkpoint);
  say(concat(
      "the final model is that of step ",
      step,
      ", which has the best evaluation: precision ",
      position.best_precision.value_or(0)));
  return true;
}

int64_t BestModel::best_step(
    const RunState& state,
    const TrainingPosition& position) const {
  const bool has_best =
      is_first(group_) && !pattern_.empty() && position.best_precision;
  const int64_t step = has_best ? position.best_step : position.step;
  if (!state.is_sharded()) {
    return step;
  }
  // The other processes restore their shares of the same step.
  const auto agreed =
      torch::tensor({step}).to(state.trained.loaded.placement.device);
  group_->broadcast({agreed});
  return agreed.item<int64_t>();
}

} // namespace microfiche::training
