#include "training/trainer.h"

#include "core/error.h"
#include "core/terminal.h"

#include <torch/torch.h>

#include <cmath>

// What a run makes of reading held-out pages.

namespace microfiche::training {

void Trainer::swap_average() {
  if (average_) {
    average_->swap();
    share(trained_.parameters);
  }
}

Evaluation Trainer::read_held_out() {
  Evaluation evaluation;
  swap_average();
  if (is_first_process() && !config_.evaluation.modes.empty()) {
    evaluate(
        trained_.loaded,
        trained_.text_compressor,
        *data_.held_out_pages(),
        config_.evaluation,
        config_.seed,
        evaluation);
  }
  const auto conversations =
      is_first_process() ? data_.held_out_conversations() : nullptr;
  if (conversations) {
    evaluate(
        trained_.loaded,
        *conversations,
        config_.evaluation,
        config_.seed,
        evaluation);
  }
  swap_average();
  return evaluation;
}

void Trainer::evaluate_now() {
  if (read_step_ == position_.step) {
    return;
  }
  read_step_ = position_.step;
  const auto evaluation = read_held_out();
  rows_ = evaluation.rows;
  const bool logged = position_.evaluated_step == position_.step;
  if (rows_.empty() || logged) {
    return;
  }
  position_.evaluated_step = position_.step;
  Json line = Json::object();
  line["step"] = position_.step;
  line["evaluation"] = Json::array();
  std::map<std::string, double> precisions;
  for (const auto& row : rows_) {
    line["evaluation"].push_back(write_config(row));
    precisions["precision/" + row_name(row)] = row.precision;
  }
  log_->add(line, precisions);
  log_->show(position_.step, evaluation.shown);
  say(concat("step ", position_.step, ", held-out pages:\n"));
  say(format_table(rows_));
  if (config_.checkpoints.best.empty()) {
    return;
  }
  const double precision = mean_precision(rows_, config_.checkpoints.best);
  // No comparison holds for a NaN.
  if (precision > position_.best_precision.value_or(-1)) {
    position_.best_precision = precision;
    position_.best_step = position_.step;
    new_best_ = true;
  }
}

bool Trainer::is_new_best() {
  // The other processes hear it from the first one.
  return config_.checkpoints.best.empty() || group_ == nullptr
      ? new_best_
      : group_->any(new_best_);
}

int64_t Trainer::step_to_come_out() {
  const bool best = is_first_process() && !config_.checkpoints.best.empty() &&
      position_.best_precision;
  const int64_t step = best ? position_.best_step : position_.step;
  if (!is_sharded()) {
    return step;
  }
  // The other processes hear it from the first one, and have shares to take.
  const auto told = torch::tensor({step}).to(trained_.loaded.placement.device);
  group_->broadcast({told});
  return told.item<int64_t>();
}

void Trainer::take_best() {
  const int64_t best_step = step_to_come_out();
  if (best_step == position_.step) {
    return;
  }
  const auto checkpoint = find_checkpoint(run_folder_, best_step);
  check<IoError>(
      checkpoint.has_value(),
      run_folder_.string(),
      ": the checkpoint of step ",
      best_step,
      ", which read held-out pages best, is gone");
  auto weights = trained_.state();
  if (average_) {
    weights.merge(average_->state());
  }
  restore(*checkpoint, weights);
  take_masters(trained_.parameters);
  share(trained_.parameters);
  rows_ = read_held_out().rows;
  say(concat(
      "the model that comes out is that of step ",
      best_step,
      ", which read held-out pages best: precision ",
      position_.best_precision.value_or(0)));
}

} // namespace microfiche::training
