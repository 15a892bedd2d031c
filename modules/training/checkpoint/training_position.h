#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace microfiche::training {

/// The number of steps that a run has done, and what it has counted so far.
struct TrainingPosition {
  /// Of all stages together.
  int64_t step = 0;

  /// Index of the current stage and steps done in it.
  int64_t stage = 0;
  int64_t stage_step = 0;

  /// Updates that the optimizer has made in this stage.
  int64_t optimizer_steps = 0;

  /// Batches of the stage that were skipped by rolling back, and steps of the
  /// run whose loss or gradient was not finite.
  int64_t batches_skipped = 0;
  int64_t not_finite = 0;

  /// The step of the last logged evaluation; negative if there is none.
  int64_t evaluated_step = -1;

  /// The step of the best evaluation by `CheckpointConfig::best`, and its mean
  /// precision; nothing before the first evaluation.
  int64_t best_step = 0;
  std::optional<double> best_precision;

  /// Characters trained on and seconds spent so far.
  int64_t characters = 0;
  double seconds = 0;

  /// The part of `seconds` in which steps waited for a batch.
  double waited_seconds = 0;

  double characters_per_second() const {
    return characters / std::max(seconds, 1e-9);
  }
};

template <typename Visitor>
void visit_fields(Visitor&& visit, TrainingPosition& position) {
  visit("step", position.step);
  visit("stage", position.stage);
  visit("stage_step", position.stage_step);
  visit("optimizer_steps", position.optimizer_steps);
  visit("batches_skipped", position.batches_skipped);
  visit("not_finite", position.not_finite);
  visit("evaluated_step", position.evaluated_step);
  visit("best_step", position.best_step);
  visit("best_precision", position.best_precision);
  visit("characters", position.characters);
  visit("seconds", position.seconds);
  visit("waited_seconds", position.waited_seconds);
}

} // namespace microfiche::training
