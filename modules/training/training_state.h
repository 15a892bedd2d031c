#pragma once

#include "training/process_group.h"
#include "training/training_config.h"

#include "core/json.h"

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::training {

// Note [Training checkpoints]
// `checkpoints/step-N/` of a run folder holds everything that the next step
// depends on, on any machine and device: masters of all parameters
// ("model.NAME", "heads.NAME"), the optimizer's moments, and where the run
// stands. There are no generator states: pages are drawn by the number of their
// batch, and nothing else of a step is left to chance.
//
// `checkpoint.json` is written last, with the size and the SHA-256 of every
// file. Where several processes write, each leaves a list of its files, and the
// first one waits for all of them. What has no manifest or other content is no
// checkpoint and is passed over. See Note [Checkpoint folders] on how it gets
// its name.

/// Where a run stands: that many steps are done.
struct TrainingPosition {
  /// Of all stages together.
  int64_t step = 0;

  /// Index of the stage in progress and steps done in it.
  int64_t stage = 0;
  int64_t stage_step = 0;

  /// Updates that the optimizer made since it was new.
  int64_t optimizer_steps = 0;

  /// Batches of the stage that were passed over when the run went back, and
  /// steps of the run whose loss or gradient was not finite.
  int64_t batches_skipped = 0;
  int64_t not_finite = 0;

  /// The last step after which held-out pages were read and logged; none yet
  /// when negative.
  int64_t evaluated_step = -1;

  /// The step after which they were read best and how well, as
  /// `CheckpointConfig::best` asks; nothing where none was evaluated.
  int64_t best_step = 0;
  std::optional<double> best_precision;

  /// What the run has read and spent so far.
  int64_t characters = 0;
  double seconds = 0;

  /// Of these, seconds in which a step waited for a batch.
  double waited_seconds = 0;
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

/// Writes a checkpoint of `tensors`, says where once it outlasts a power cut,
/// and removes those that are no longer kept (`CheckpointConfig::keep` and
/// `best`); see Note [Training checkpoints]. With `group` all its processes
/// call this, each with tensors of its own to write, in one folder that all of
/// them see. Throws `IoError` when the disk is full or fails, leaving the
/// checkpoints before as they were.
void save_checkpoint(
    const std::filesystem::path& run_folder,
    const TrainingPosition& position,
    const TrainingConfig& training,
    const std::map<std::string, torch::Tensor>& tensors,
    ProcessGroup* group = nullptr);

/// A checkpoint that was found whole.
struct TrainingCheckpoint {
  std::filesystem::path folder;
  TrainingPosition position;
  /// The config of the run that wrote it.
  TrainingConfig training;
  /// On the CPU, in mapped files, which are read when a tensor is.
  std::map<std::string, torch::Tensor> tensors;
};

/// The newest whole checkpoint of a run, or of one step of it, or nothing. Says
/// which broken ones it passed over.
std::optional<TrainingCheckpoint> find_checkpoint(
    const std::filesystem::path& run_folder,
    std::optional<int64_t> step = std::nullopt);

/// Copies tensors of a checkpoint into those of the same names. Throws
/// `InputError` naming the tensors that are missing or misshapen.
void restore(
    const TrainingCheckpoint& checkpoint,
    const std::map<std::string, torch::Tensor>& into);

} // namespace microfiche::training
