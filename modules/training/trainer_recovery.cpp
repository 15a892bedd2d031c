#include "training/trainer.h"

#include "core/error.h"
#include "core/terminal.h"
#include "training/checkpoint/checkpoint_folder.h"

// What a trainer does after a step that is not finite.

namespace microfiche::training {

void Trainer::handle_non_finite(const StepRecord& record) {
  const int64_t batches = stage().batches_per_step;
  const auto what = describe_non_finite(
      record, stage().name, batches, state_.trained.parameters);
  ++position_.not_finite;
  if (guard_.must_stop(position_.not_finite)) {
    writer_.wait();
    throw NumericError(concat(
        what,
        "; lower the learning rates, or increase schedule.warmup_steps; the "
        "newest checkpoint is from step ",
        saved_step_));
  }
  if (guard_.rolls_back()) {
    roll_back(record.first_batch + batches);
    warn(concat(what, "; rolled back to step ", position_.step));
  } else {
    warn(what + "; skipped");
    skip_step(record);
  }
}

void Trainer::skip_step(const StepRecord& record) {
  count_step(record.characters);
  if (log_) {
    log_->add(
        {{"step", position_.step},
         {"stage", stage().name},
         {"not_finite_steps", position_.not_finite}},
        {{"not_finite_steps", static_cast<double>(position_.not_finite)}});
  }
}

void Trainer::roll_back(int64_t next_batch) {
  writer_.wait();
  // No process reads the checkpoint before it is complete.
  barrier(group_);
  auto checkpoint = find_checkpoint(run_folder_);
  // No process writes the next one before all have read this one.
  barrier(group_);
  check<IoError>(
      checkpoint && checkpoint->position.stage == position_.stage,
      run_folder_.string(),
      ": the checkpoint to roll back to is missing or broken");
  auto& position = checkpoint->position;
  position.not_finite = position_.not_finite;
  position.batches_skipped =
      next_batch - position.stage_step * stage().batches_per_step;
  restore(*checkpoint);
  // So that a run that stops now does not resume with the same batches.
  save();
  if (log_) {
    log_.emplace(run_folder_, position_.step, position_.evaluated_step);
  }
}

} // namespace microfiche::training
