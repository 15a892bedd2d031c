#pragma once

#include "training/checkpoint/training_checkpoint.h"
#include "training/evaluation/evaluation_rows.h"
#include "training/run_state.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::training {

/// Finds the step with the best evaluation, whose weights become the final
/// model; see `CheckpointConfig::best`. Without a pattern that is the last
/// step.
class BestModel {
 public:
  /// `pattern` selects rows of the evaluations. The first process evaluates,
  /// and the others get its decisions: all processes of `group`, which may be
  /// null, call the same functions.
  BestModel(std::string pattern, ProcessGroup* group)
      : pattern_(std::move(pattern)), group_(group) {}

  /// Compares an evaluation with the best one so far, which `position` holds.
  /// Called by the first process.
  void compare(
      const std::vector<EvaluationRow>& rows,
      TrainingPosition& position);

  /// Whether the last evaluation is the best and has no checkpoint yet.
  bool must_be_saved() const;

  /// To be called after each checkpoint.
  void mark_saved() {
    is_new_ = false;
  }

  /// Restores the weights of the best step, unless it is the last one, from its
  /// checkpoint in `run_folder`. Returns whether it did. Throws `IoError` if
  /// the checkpoint is missing.
  bool restore_best(
      RunState& state,
      const TrainingPosition& position,
      const std::filesystem::path& run_folder) const;

 private:
  int64_t best_step(const RunState& state, const TrainingPosition& position)
      const;

  std::string pattern_;
  ProcessGroup* group_;
  bool is_new_ = false;
};

} // namespace microfiche::training
