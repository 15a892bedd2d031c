#include "training/trainer.h"

#include "core/error.h"
#include "core/terminal.h"

// What a run does where it goes back, or meets numbers that are none.

namespace microfiche::training {

void Trainer::go_to(const TrainingCheckpoint& checkpoint) {
  position_ = checkpoint.position;
  saved_step_ = position_.step;
  read_step_ = -1;
  if (position_.stage < static_cast<int64_t>(config_.stages.size())) {
    begin_stage();
  }
  restore(checkpoint, state());
  take_masters(trained_.parameters);
  share(trained_.parameters);
  if (optimizer_) {
    optimizer_->set_num_steps(position_.optimizer_steps);
  }
}

void Trainer::meet_not_finite(const StepRecord& record) {
  const std::string what = concat(
      "step ",
      record.step,
      " of stage \"",
      stage().name,
      "\": the loss or a gradient is not finite (batches ",
      record.first_batch,
      " to ",
      record.first_batch + stage().batches_per_step - 1,
      "; ",
      first_not_finite(trained_.parameters),
      ")");
  ++position_.not_finite;
  const auto then = config_.not_finite.then;
  if (then == NotFinitePolicy::kStop ||
      position_.not_finite > config_.not_finite.at_most) {
    writer_.wait();
    throw NumericError(concat(
        what,
        "; lower the learning rates, or lengthen schedule.warmup_steps; the "
        "newest checkpoint is from step ",
        saved_step_));
  }
  if (then == NotFinitePolicy::kSkip) {
    warn(what + "; skipped");
    count_step(record.characters);
    if (log_) {
      log_->add(
          {{"step", position_.step},
           {"stage", stage().name},
           {"not_finite_steps", position_.not_finite}},
          {{"not_finite_steps", static_cast<double>(position_.not_finite)}});
    }
    return;
  }
  roll_back(record.first_batch + stage().batches_per_step);
  warn(concat(what, "; back to step ", position_.step));
}

void Trainer::roll_back(int64_t next_batch) {
  writer_.wait();
  // Nobody reads before it is there.
  wait_for_all();
  const auto checkpoint = find_checkpoint(run_folder_);
  // Nobody writes before all have read it.
  wait_for_all();
  check<IoError>(
      checkpoint && checkpoint->position.stage == position_.stage,
      run_folder_.string(),
      ": the checkpoint to go back to is gone");
  const int64_t not_finite = position_.not_finite;
  position_ = checkpoint->position;
  position_.not_finite = not_finite;
  position_.batches_skipped =
      next_batch - position_.stage_step * stage().batches_per_step;
  auto from_here = *checkpoint;
  from_here.position = position_;
  go_to(from_here);
  // So that a run that is stopped now does not come back to the same pages.
  save();
  if (log_) {
    log_.emplace(run_folder_, position_.step, position_.evaluated_step);
  }
}

} // namespace microfiche::training
