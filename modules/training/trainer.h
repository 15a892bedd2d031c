#pragma once

#include "training/checkpoint_writer.h"
#include "training/evaluation.h"
#include "training/loss.h"
#include "training/optimizer.h"
#include "training/process_group.h"
#include "training/run_log.h"
#include "training/step_record.h"
#include "training/step_sum.h"
#include "training/trained_model.h"
#include "training/training_config.h"
#include "training/training_data.h"
#include "training/training_state.h"
#include "training/weight_average.h"

#include "core/folder_lock.h"
#include "data/prefetch.h"
#include "model/loaded_model.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace microfiche::training {

/// Trains a model stage by stage, from text to a model folder.
///
/// The run folder holds `config.json`, `environment.json`, `metrics.jsonl`,
/// `events/` for TensorBoard, `checkpoints/step-N/` and in the end `model/`.
/// Running again with the same folder goes on from the newest checkpoint, and
/// gives what an undisturbed run gives: to the bit on a CPU with the same
/// number of threads. On a CPU, see Note [Memory that grows] in
/// apps/microfiche/main.cpp.
///
/// Several processes share the batches of a step evenly (see Note [Several
/// processes]) and train as one that has them all; the first one writes, and
/// the others with it what they alone have (see Note [Sharded optimizer
/// state]).
class Trainer {
 public:
  /// Reads the text, makes or loads the model, and restores the newest
  /// checkpoint of `run_folder` where there is one.
  ///
  /// Throws `InputError` for a config, text or model that does not fit, for a
  /// stage whose `batches_per_step` the processes of `group` do not divide, and
  /// for a folder whose run was begun with another config (`check_resumable`);
  /// `IoError` for a folder that another run is writing to.
  Trainer(
      TrainingConfig config,
      std::filesystem::path run_folder,
      torch::Device device,
      ProcessGroup* group = nullptr);

  /// Trains to the end and writes the model folder. Returns the evaluation of
  /// the model that came out, which the first process alone makes, or nothing
  /// when `max_minutes` ended the run before its end.
  ///
  /// Throws `Interrupted` after a stop signal and `NumericError` when a loss is
  /// not finite, both after what is worth keeping has been written.
  std::optional<std::vector<EvaluationRow>> run();

  /// Steps done so far, of all stages.
  const TrainingPosition& position() const {
    return position_;
  }

  const model::LoadedModel& model() const {
    return trained_.loaded;
  }

 private:
  using Clock = std::chrono::steady_clock;

  Json environment() const;
  void begin_stage();
  void run_stage();

  int64_t num_processes() const {
    return group_ == nullptr ? 1 : group_->size();
  }
  bool is_first_process() const {
    return group_ == nullptr || group_->is_first();
  }
  void wait_for_all() {
    if (group_ != nullptr) {
      group_->wait_for_all();
    }
  }
  void check_shares() const;
  bool is_sharded() const {
    return group_ != nullptr && config_.optimizer.shard_state;
  }
  /// Gives all processes the parameters as those have them that own them.
  void share(const std::vector<Parameter>& parameters);
  void swap_average();

  /// Index in the stage of the batch that comes next.
  int64_t next_batch() const;

  /// Makes a step, unless its loss or a gradient is not finite.
  std::optional<StepRecord> train_step();
  void add_gradients(const data::PageBatch& batch, StepRecord& record);
  void count_step(int64_t characters);
  void look_at(std::vector<StepRecord>& records);

  /// Stops, skips or rolls back, as configured.
  void meet_not_finite(const StepRecord& record);
  void roll_back(int64_t next_batch);

  /// Makes everything as it was when the checkpoint was written.
  void go_to(const TrainingCheckpoint& checkpoint);
  void save();

  /// Reads held-out pages, and logs it unless the run has before.
  void evaluate_now();
  Evaluation read_held_out();
  /// Whether the step is the one that read them best, and no checkpoint of it
  /// says so yet.
  bool is_new_best();
  /// The step whose weights come out.
  int64_t step_to_come_out();
  /// Goes to the weights that read best, where they are to come out.
  void take_best();
  /// What this process has of it.
  std::map<std::string, torch::Tensor> state() const;
  const StageConfig& stage() const {
    return config_.stages[position_.stage];
  }
  bool out_of_time() const;

  TrainingConfig config_;
  std::filesystem::path run_folder_;
  ProcessGroup* group_;
  /// Of the first process.
  std::optional<FolderLock> lock_;
  TrainedModel trained_;
  TrainingData data_;
  LossFunction loss_function_;
  std::optional<WeightAverage> average_;

  /// Of all processes, as of the last step.
  StepWishes wishes_;
  TrainingPosition position_;
  int64_t saved_step_ = -1;
  CheckpointWriter writer_;
  bool new_best_ = false;

  /// The step after which this process took part in reading held-out pages.
  int64_t read_step_ = -1;

  /// Of the last evaluation that this process made.
  std::vector<EvaluationRow> rows_;
  std::optional<Optimizer> optimizer_;
  std::optional<data::Prefetcher<data::PageBatch>> batches_;
  /// Of the first process.
  std::optional<RunLog> log_;
  double last_loss_ = 0;
  Clock::time_point start_;
  /// Of the run before this start.
  double seconds_before_ = 0;
};

} // namespace microfiche::training
