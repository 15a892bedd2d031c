#pragma once

#include "training/batch/training_data.h"
#include "training/checkpoint/checkpoint_writer.h"
#include "training/distributed/process_group.h"
#include "training/distributed/step_reduction.h"
#include "training/evaluation/best_model.h"
#include "training/evaluation/evaluation.h"
#include "training/log/run_log.h"
#include "training/log/step_record.h"
#include "training/loss/loss.h"
#include "training/optimizer/non_finite_guard.h"
#include "training/run_state.h"
#include "training/training_config.h"

#include "core/folder_lock.h"
#include "data/prefetch.h"
#include "model/loaded_model.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <vector>

namespace microfiche::training {

/// Trains a model stage by stage, from text to a model folder.
///
/// The run folder contains `config.json`, `environment.json`, `metrics.jsonl`,
/// `events/` for TensorBoard, `checkpoints/step-N/` and at the end `model/`. A
/// run in a folder with checkpoints resumes from the newest one. The results
/// are those of an uninterrupted run: to the bit on a CPU with the same number
/// of threads. On a CPU, see Note [Memory that grows] in
/// apps/microfiche/main.cpp.
///
/// Several processes share the batches of a step evenly and train the same
/// model as one process with all batches; see Note [Distributed training]. The
/// first process writes the files. With Note [Sharded optimizer state] the
/// others write their shares of a checkpoint.
class Trainer {
 public:
  /// Reads the text, makes or loads the model, and restores the newest
  /// checkpoint of `run_folder` if there is one. `group` is null for one
  /// process.
  ///
  /// Throws `InputError` for an invalid config, text or model, for a stage
  /// whose `batches_per_step` cannot be divided among the processes, and for a
  /// folder whose run started with another config (`check_resumable`);
  /// `IoError` for a folder that another run is writing to.
  Trainer(
      TrainingConfig config,
      std::filesystem::path run_folder,
      torch::Device device,
      ProcessGroup* group = nullptr);

  /// Trains to the end and writes the model folder. Returns the evaluation of
  /// the final model (without rows unless this is the first process), or
  /// nothing if `max_minutes` ended the run early.
  ///
  /// Throws `Interrupted` after a stop signal and `NumericError` if a loss is
  /// not finite, both after the last checkpoint is complete.
  std::optional<std::vector<EvaluationRow>> run();

  /// Steps done so far, of all stages.
  const TrainingPosition& position() const {
    return position_;
  }

  const model::LoadedModel& model() const {
    return state_.trained.loaded;
  }

 private:
  using Clock = std::chrono::steady_clock;

  const StageConfig& stage() const {
    return config_.stages[position_.stage];
  }
  void begin_stage();
  void run_stage();

  /// Index of the next batch in the stage.
  int64_t next_batch() const;

  /// Makes a step. Returns nothing if its loss or a gradient is not finite.
  std::optional<StepRecord> train_step();
  void add_gradients(const data::PageBatch& batch, StepRecord& record);
  void count_step(int64_t characters);

  /// Reads the scalars of `records` from the device, checks and logs them, and
  /// clears `records`.
  void log_steps(std::vector<StepRecord>& records);

  /// Stops, skips or rolls back, by `NonFiniteConfig::then`.
  void handle_non_finite(const StepRecord& record);
  void skip_step(const StepRecord& record);
  void roll_back(int64_t next_batch);

  void save();
  void restore(const TrainingCheckpoint& checkpoint);

  /// Evaluates, and logs the results unless the log already has them.
  void evaluate();

  /// Whether the last step of the last stage is done.
  bool is_at_end() const {
    const auto left = std::ssize(config_.stages) - position_.stage;
    return left == 0 || (left == 1 && position_.stage_step == stage().steps);
  }

  double seconds_since_start() const;

  TrainingConfig config_;
  std::filesystem::path run_folder_;
  ProcessGroup* group_;
  /// Of the first process.
  std::optional<FolderLock> lock_;
  RunState state_;
  TrainingData data_;
  LossFunction loss_function_;
  NonFiniteGuard guard_;
  BestModel best_;
  CheckpointWriter writer_;

  TrainingPosition position_;
  /// Of all processes, after the last step.
  StopFlags flags_;
  /// The steps of the last checkpoint and of the last evaluation in this
  /// process.
  int64_t saved_step_ = -1;
  int64_t last_evaluation_ = -1;
  /// Of the last evaluation in this process.
  std::vector<EvaluationRow> rows_;
  std::optional<data::Prefetcher<data::PageBatch>> batches_;
  /// Of the first process.
  std::optional<RunLog> log_;
  double last_loss_ = 0;
  Clock::time_point start_;
  /// Seconds of the run before this start.
  double seconds_before_ = 0;
};

} // namespace microfiche::training
