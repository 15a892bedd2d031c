#include "training/trainer.h"

#include "core/durable_folder.h"
#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "training/checkpoint/checkpoint_folder.h"
#include "training/evaluation/held_out_evaluation.h"
#include "training/log/environment.h"
#include "training/optimizer/lr_schedule.h"

#include <torch/torch.h>

#include <cmath>
#include <cstdio>

namespace microfiche::training {
namespace fs = std::filesystem;

Trainer::Trainer(
    TrainingConfig config,
    fs::path run_folder,
    torch::Device device,
    ProcessGroup* group)
    : config_(std::move(config)),
      run_folder_(std::move(run_folder)),
      group_(group),
      state_(config_, device, group),
      data_(config_, state_.trained.loaded),
      loss_function_(
          state_.trained.loaded,
          state_.trained.heads,
          state_.trained.text_compressor),
      guard_(config_.not_finite),
      best_(config_.checkpoints.best, group),
      writer_(run_folder_, group),
      start_(Clock::now()) {
  at::globalContext().setAllowTF32CuBLAS(config_.tf32);
  at::globalContext().setAllowTF32CuDNN(config_.tf32);
  for (const auto& stage : config_.stages) {
    check_divisible(stage, size_of(group_));
  }
  if (is_first(group_)) {
    lock_.emplace(run_folder_);
  }
  const auto checkpoint = find_checkpoint(run_folder_);
  // No process writes before all have searched for a checkpoint.
  barrier(group_);
  if (checkpoint) {
    check_resumable(
        checkpoint->training,
        config_,
        checkpoint->position.stage,
        checkpoint->folder.string());
    check_same_initial_encoder(run_folder_, state_);
    seconds_before_ = checkpoint->position.seconds;
    restore(*checkpoint);
    say(concat("resumes from ", checkpoint->folder.string()));
  } else {
    check_no_other_run(run_folder_);
    begin_stage();
  }
  if (is_first(group_)) {
    remove_unfinished_checkpoints(run_folder_);
    for (const char* folder : {"", "model", "adapter"}) {
      remove_temporary_files(run_folder_ / folder);
    }
    write_json_file(run_folder_ / "config.json", write_config(config_));
    write_json_file(
        run_folder_ / "environment.json",
        describe_environment(config_, state_, data_));
    log_.emplace(run_folder_, position_.step, position_.evaluated_step);
  }
}

int64_t Trainer::next_batch() const {
  return position_.stage_step * stage().batches_per_step +
      position_.batches_skipped;
}

void Trainer::begin_stage() {
  // The workers of the previous stage end before what they read changes.
  batches_.reset();
  state_.begin_stage(stage());
  loss_function_.cache_vision_tokens(stage().batches_to_cache());
  loss_function_.set_initial_encoder(
      state_.trained.initial_encoder.get(), stage().kept_characters_per_token);
  const int64_t processes = size_of(group_);
  batches_.emplace(
      [make = data_.batches(position_.stage),
       processes,
       rank = rank_of(group_)] {
        return [=](int64_t index) { return make(index * processes + rank); };
      },
      config_.workers,
      config_.batches_ahead,
      /*first=*/next_batch() / processes);
}

std::optional<std::vector<EvaluationRow>> Trainer::run() {
  const int64_t num_stages = static_cast<int64_t>(config_.stages.size());
  while (position_.stage < num_stages) {
    // A run may have ended right after the last step of a stage.
    if (position_.stage_step < stage().steps) {
      run_stage();
    }
    if (position_.stage_step < stage().steps) {
      writer_.wait();
      say("stopped by max_minutes; run the same command to resume");
      return std::nullopt;
    }
    ++position_.stage;
    position_.stage_step = 0;
    position_.batches_skipped = 0;
    position_.optimizer_steps = 0;
    state_.end_stage();
    if (position_.stage < num_stages) {
      begin_stage();
    }
  }
  batches_.reset();
  if (saved_step_ != position_.step) {
    save();
  }
  evaluate();
  if (best_.must_be_saved()) {
    save();
  }
  writer_.wait();
  if (best_.restore_best(state_, position_, run_folder_)) {
    rows_ = evaluate_held_out(state_, data_, config_).rows;
  }
  state_.swap_average();
  if (is_first(group_)) {
    save_trained_model(state_.trained, config_, run_folder_);
  }
  return rows_;
}

void Trainer::run_stage() {
  state_.trained.loaded.model->train();
  if (guard_.rolls_back() &&
      (position_.stage_step == 0 || saved_step_ != position_.step)) {
    // A checkpoint of this stage to roll back to.
    save();
  }
  Progress progress("training " + stage().name, stage().steps, "step");
  std::vector<StepRecord> records;
  const int64_t save_every = config_.checkpoints.every_steps;
  const int64_t evaluate_every = config_.evaluation.every_steps;
  // On a GPU reading the scalars of a step makes the host wait.
  const bool log_each_step = !state_.trained.loaded.placement.device.is_cuda();
  // Every start makes at least one step, even if its time is already over.
  do {
    const int64_t step_before = position_.step;
    if (auto record = train_step()) {
      records.push_back(std::move(*record));
    }
    if (position_.step <= step_before) {
      // The run rolled back and repeats these steps.
      std::erase_if(records, [this](const StepRecord& record) {
        return record.step > position_.step;
      });
      continue;
    }
    const bool last = position_.stage_step == stage().steps;
    if (log_each_step || last || position_.step % config_.log_every == 0 ||
        flags_.stop) {
      log_steps(records);
      char remark[64];
      std::snprintf(
          remark,
          sizeof remark,
          "loss %.4f, %.3g characters/s",
          last_loss_,
          position_.characters_per_second());
      progress.update(position_.stage_step, remark);
    }
    if (flags_.stop) {
      save();
      writer_.wait();
      throw_if_stop_requested();
      throw Interrupted(
          ExitCode::kTerminated, "another process received a stop signal");
    }
    bool must_save = save_every > 0 && position_.step % save_every == 0;
    if (evaluate_every > 0 && position_.step % evaluate_every == 0) {
      log_steps(records);
      evaluate();
      must_save = best_.must_be_saved() || must_save;
    }
    if (must_save) {
      log_steps(records);
      save();
    }
  } while (position_.stage_step < stage().steps && !flags_.out_of_time);
  log_steps(records);
  if (saved_step_ != position_.step) {
    save();
  }
}

std::optional<StepRecord> Trainer::train_step() {
  StepRecord record;
  record.step = position_.step + 1;
  record.first_batch = next_batch();
  record.rate_factor = learning_rate_factor(
      stage().schedule, position_.stage_step, stage().steps);

  auto& optimizer = *state_.optimizer;
  optimizer.zero_grad();
  for (int64_t i = 0; i < stage().batches_per_step / size_of(group_); ++i) {
    const auto start = Clock::now();
    const auto batch = batches_->next();
    position_.waited_seconds +=
        std::chrono::duration<double>(Clock::now() - start).count();
    add_gradients(batch, record);
  }
  flags_ = {
      stop_requested(),
      config_.max_minutes > 0 &&
          seconds_since_start() > 60 * config_.max_minutes};
  if (group_ != nullptr) {
    flags_ =
        all_reduce_step(*group_, state_.trained.parameters, record, flags_);
  }
  const auto norm = optimizer.clip_gradients();
  record.scalars = torch::cat({record.scalars, norm.reshape(1)});
  if (guard_.checks_each_step(norm.device()) &&
      !record.scalars.isfinite().all().item<bool>()) {
    handle_non_finite(record);
    return std::nullopt;
  }
  state_.update(record.rate_factor, position_.step + 1);
  count_step(record.characters);
  return record;
}

void Trainer::add_gradients(const data::PageBatch& batch, StepRecord& record) {
  // Dropout depends only on the index of the batch.
  torch::manual_seed(RandomStream(config_.seed, "dropout", batch.index).bits());
  const double share = 1.0 / static_cast<double>(stage().batches_per_step);
  const auto losses = loss_function_(
      to_device(batch, state_.trained.loaded.model->tensor_options()),
      stage().losses,
      stage().aids,
      static_cast<double>(position_.stage_step) /
          static_cast<double>(stage().steps));
  (losses.total * share).backward();
  record.batches.push_back(
      {batch.task,
       batch.mode,
       batch.characters_per_token,
       batch.font_size_px,
       batch.pairs,
       losses.scalars});
  const auto scalars = share * losses.scalars;
  record.scalars =
      record.scalars.defined() ? record.scalars + scalars : scalars;
  record.characters += batch.characters;
}

void Trainer::count_step(int64_t characters) {
  ++position_.step;
  ++position_.stage_step;
  position_.optimizer_steps = state_.optimizer->num_steps();
  position_.characters += characters;
  position_.seconds = seconds_before_ + seconds_since_start();
}

void Trainer::log_steps(std::vector<StepRecord>& records) {
  if (records.empty()) {
    return;
  }
  std::vector<torch::Tensor> all_scalars;
  for (const auto& record : records) {
    all_scalars.push_back(record.scalars);
  }
  const auto table = torch::stack(all_scalars).cpu(); // (steps, scalars)
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    auto scalars = name_scalars(table[static_cast<int64_t>(i)]);
    last_loss_ = scalars.at("loss");
    if (!std::isfinite(last_loss_)) {
      handle_non_finite(record);
    }
    if (record.step % config_.log_every != 0) {
      continue;
    }
    Json line = describe_step(record, stage().name, scalars, position_);
    if (stage().losses["reading"] > 0) {
      line["expert_load"] = expert_loads(*state_.trained.loaded.model->decoder);
      scalars.merge(router_scalars(line["expert_load"]));
    }
    if (log_) {
      log_->add(line, scalars);
    }
  }
  records.clear();
}

void Trainer::save() {
  position_.seconds = seconds_before_ + seconds_since_start();
  writer_.save(position_, config_, state_.tensors());
  saved_step_ = position_.step;
  best_.mark_saved();
}

void Trainer::restore(const TrainingCheckpoint& checkpoint) {
  position_ = checkpoint.position;
  saved_step_ = position_.step;
  last_evaluation_ = -1;
  if (position_.stage < static_cast<int64_t>(config_.stages.size())) {
    begin_stage();
  }
  state_.restore(checkpoint);
}

void Trainer::evaluate() {
  if (last_evaluation_ == position_.step) {
    return;
  }
  last_evaluation_ = position_.step;
  const auto evaluation = evaluate_held_out(state_, data_, config_);
  rows_ = evaluation.rows;
  if (rows_.empty() || position_.evaluated_step == position_.step) {
    return;
  }
  position_.evaluated_step = position_.step;
  log_->add(position_.step, evaluation);
  // `run` returns the last rows, which its caller shows.
  if (!is_at_end()) {
    say(concat("step ", position_.step, ", held-out pages:\n"));
    say(format_table(rows_));
  }
  best_.compare(rows_, position_);
}

double Trainer::seconds_since_start() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

} // namespace microfiche::training
