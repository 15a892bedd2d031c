#pragma once

#include "training/checkpoint/training_position.h"
#include "training/distributed/process_group.h"
#include "training/training_config.h"

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::training {

// Note [Training checkpoints]
// `checkpoints/step-N/` of a run folder holds all that the next step depends
// on, for any machine and device: masters of all parameters ("model.NAME",
// "heads.NAME"), the optimizer's moments, and the run's position. There are no
// generator states: the index of a batch seeds its pages and its dropout.
//
// `checkpoint.json`, the manifest, is written last, with the size and the
// SHA-256 of every file. If several processes write, each writes a list of its
// files, and the first process waits for all of them. A folder without a
// manifest or with other content is not a checkpoint and is skipped. See Note
// [Checkpoint folders] on how it gets its name.

/// Writes a checkpoint of `tensors`, prints its path once it would survive a
/// power cut, and removes those that are no longer kept (`CheckpointConfig`);
/// see Note [Training checkpoints]. With `group` all its processes call this,
/// each with its own tensors, on a file system that they share. Throws
/// `IoError` if the disk is full or fails; earlier checkpoints stay unchanged.
void save_checkpoint(
    const std::filesystem::path& run_folder,
    const TrainingPosition& position,
    const TrainingConfig& training,
    const std::map<std::string, torch::Tensor>& tensors,
    ProcessGroup* group = nullptr);

/// A complete checkpoint.
struct TrainingCheckpoint {
  std::filesystem::path folder;
  TrainingPosition position;
  /// The config of the run that wrote it.
  TrainingConfig training;
  /// On the CPU, in memory-mapped files.
  std::map<std::string, torch::Tensor> tensors;
};

/// The newest complete checkpoint of a run, or of one step of it, or nothing.
/// Warns of each broken checkpoint that it skips. Throws `InputError` if a run
/// has checkpoints and none can be read.
std::optional<TrainingCheckpoint> find_checkpoint(
    const std::filesystem::path& run_folder,
    std::optional<int64_t> step = std::nullopt);

/// Copies tensors of a checkpoint into those of the same names. Throws
/// `InputError` naming each tensor that is missing or has another shape.
void restore(
    const TrainingCheckpoint& checkpoint,
    const std::map<std::string, torch::Tensor>& into);

} // namespace microfiche::training
