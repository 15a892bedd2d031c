#pragma once

#include "training/checkpoint/training_checkpoint.h"
#include "training/distributed/process_group.h"
#include "training/optimizer/optimizer.h"
#include "training/optimizer/weight_average.h"
#include "training/trained_model.h"
#include "training/training_config.h"

#include <torch/types.h>

#include <map>
#include <optional>
#include <string>

namespace microfiche::training {

/// The tensors of a run that steps change and checkpoints hold: weights,
/// optimizer and moving average. With sharded optimizer state each process has
/// its share, and all processes call the functions that say so.
class RunState {
 public:
  /// `config` and `group` must outlive this. Throws as `make_trained_model`.
  RunState(
      const TrainingConfig& config,
      torch::Device device,
      ProcessGroup* group);

  /// Starts the optimizer of a stage.
  void begin_stage(const StageConfig& stage);
  void end_stage() {
    optimizer.reset();
  }

  /// The tensors of this process's part of a checkpoint. They share memory with
  /// the state.
  std::map<std::string, torch::Tensor> tensors() const;

  /// Restores the state, or only weights and average, from a checkpoint. Called
  /// by all processes.
  void restore(const TrainingCheckpoint& checkpoint);
  void restore_weights(const TrainingCheckpoint& checkpoint);

  /// Updates the weights, and the average of step `step`, from 1. Called by all
  /// processes.
  void update(double rate_factor, int64_t step);

  /// Exchanges weights and average, if there is one. Called by all processes.
  void swap_average();

  ProcessGroup* group() const {
    return group_;
  }

  /// Whether each process has only its share of the state.
  bool is_sharded() const;

  TrainedModel trained;
  std::optional<WeightAverage> average;
  std::optional<Optimizer> optimizer;

 private:
  void restore(
      const TrainingCheckpoint& checkpoint,
      const std::map<std::string, torch::Tensor>& tensors);

  /// With sharded state, copies the parameters from their owners.
  void broadcast_from_owners(const std::vector<Parameter>& parameters);

  const TrainingConfig& config_;
  ProcessGroup* group_;
};

} // namespace microfiche::training
