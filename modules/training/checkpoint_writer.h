#pragma once

#include "training/training_state.h"

#include <torch/types.h>

#include <filesystem>
#include <future>
#include <map>
#include <string>

namespace microfiche::training {

/// Writes the checkpoints of a run, one after the other, in the background
/// where `CheckpointConfig::in_background` says so.
///
/// A checkpoint in the background holds the values of the moment at which it
/// was asked for, copied before `save` returns, so the training may go on. What
/// went wrong with it is thrown by the next `save` or `wait`.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(std::filesystem::path run_folder);

  /// Waits; warns of an error that nobody has waited for.
  ~CheckpointWriter();

  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// Writes as `save_checkpoint` does, after the one before is done.
  void save(
      const TrainingPosition& position,
      const TrainingConfig& training,
      const std::map<std::string, torch::Tensor>& tensors);

  /// Returns when nothing is left to be written. Throws what `save_checkpoint`
  /// threw.
  void wait();

 private:
  std::filesystem::path run_folder_;
  std::future<void> writing_;
};

} // namespace microfiche::training
