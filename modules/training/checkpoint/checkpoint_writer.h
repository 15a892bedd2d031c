#pragma once

#include "training/checkpoint/training_checkpoint.h"

#include <torch/types.h>

#include <filesystem>
#include <future>
#include <map>
#include <string>

namespace microfiche::training {

/// Writes the checkpoints of a run one after the other, in the background with
/// `CheckpointConfig::in_background`.
///
/// A checkpoint in the background holds a copy that `save` makes before it
/// returns, so training may continue. The next `save` or `wait` throws its
/// errors.
class CheckpointWriter {
 public:
  /// With `group` all its processes call `save`. The first one writes, or, with
  /// sharded optimizer state, each its share.
  explicit CheckpointWriter(
      std::filesystem::path run_folder,
      ProcessGroup* group = nullptr);

  /// Waits; warns of an error that no `save` or `wait` has thrown.
  ~CheckpointWriter();

  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// Writes like `save_checkpoint`, after the previous checkpoint is complete.
  void save(
      const TrainingPosition& position,
      const TrainingConfig& training,
      const std::map<std::string, torch::Tensor>& tensors);

  /// Waits until the last checkpoint is complete. Throws the errors of
  /// `save_checkpoint`.
  void wait();

 private:
  std::filesystem::path run_folder_;
  ProcessGroup* group_;
  std::future<void> writing_;
};

} // namespace microfiche::training
