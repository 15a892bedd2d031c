#include "training/trainer.h"

#include "core/durable_folder.h"
#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "core/version.h"
#include "rendering/font.h"
#include "training/checkpoint_folder.h"
#include "training/lr_schedule.h"
#include "training/sharding.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

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
      trained_(make_trained_model(
          config_,
          device,
          group == nullptr ? 0 : group->rank(),
          num_processes())),
      data_(config_, trained_.loaded),
      loss_function_(trained_.loaded, trained_.heads, trained_.text_compressor),
      writer_(run_folder_),
      start_(Clock::now()) {
  at::globalContext().setAllowTF32CuBLAS(config_.tf32);
  at::globalContext().setAllowTF32CuDNN(config_.tf32);
  trained_.loaded.model->set_recompute(config_.recompute);
  if (config_.average_decay > 0) {
    average_.emplace(trained_.parameters, config_.average_decay);
  }

  check_shares();
  if (is_first_process()) {
    lock_.emplace(run_folder_);
  }
  const auto checkpoint = find_checkpoint(run_folder_);
  // Nothing is written before all have looked.
  wait_for_all();
  if (checkpoint) {
    check_resumable(
        checkpoint->training,
        config_,
        checkpoint->position.stage,
        checkpoint->folder.string());
    seconds_before_ = checkpoint->position.seconds;
    go_to(*checkpoint);
    say(concat("goes on from ", checkpoint->folder.string()));
  } else {
    begin_stage();
  }
  if (is_first_process()) {
    remove_unfinished_checkpoints(run_folder_);
    for (const char* folder : {"", "model", "adapter"}) {
      remove_temporary_files(run_folder_ / folder);
    }
    write_json_file(run_folder_ / "config.json", write_config(config_));
    write_json_file(run_folder_ / "environment.json", environment());
    log_.emplace(run_folder_, position_.step, position_.evaluated_step);
  }
}

void Trainer::check_shares() const {
  for (const auto& stage : config_.stages) {
    check(
        stage.batches_per_step % num_processes() == 0,
        "stage \"",
        stage.name,
        "\": batches_per_step is ",
        stage.batches_per_step,
        ", which ",
        num_processes(),
        " processes cannot share evenly; make it a multiple of that, or start "
        "other processes");
  }
}

Json Trainer::environment() const {
  std::set<std::string> fonts;
  for (const auto& stage : config_.stages) {
    for (const auto& source : stage.sources()) {
      if (source.pages) {
        fonts.insert(source.pages->fonts.begin(), source.pages->fonts.end());
      }
    }
  }
  Json environment = Json::object();
  environment["build"] = write_config(build_info());
  environment["model"] = trained_.loaded.provenance();
  environment["threads"] = at::get_num_threads();
  environment["processes"] = num_processes();
  environment["rendering"] = write_config(
      rendering::rendering_provenance({fonts.begin(), fonts.end()}));
  environment["text"] = data_.provenance();
  return environment;
}

std::map<std::string, torch::Tensor> Trainer::state() const {
  auto state = trained_.state();
  if (optimizer_) {
    state.merge(optimizer_->state());
  }
  if (average_) {
    state.merge(average_->state());
  }
  return state;
}

int64_t Trainer::next_batch() const {
  return position_.stage_step * stage().batches_per_step +
      position_.batches_skipped;
}

void Trainer::begin_stage() {
  // The workers of the stage before end first: they read what follows.
  batches_.reset();
  optimizer_.emplace(trained_.parameters, stage().rates, config_.optimizer);
  const auto make_batch = data_.batches(position_.stage);
  const int64_t processes = num_processes();
  const int64_t own = group_ == nullptr ? 0 : group_->rank();
  const auto make_own = [=](int64_t number) {
    return make_batch(number * processes + own);
  };
  batches_.emplace(
      [make_own] { return make_own; },
      config_.workers,
      config_.batches_ahead,
      /*first=*/next_batch() / processes);
}

std::optional<std::vector<EvaluationRow>> Trainer::run() {
  const int64_t num_stages = static_cast<int64_t>(config_.stages.size());
  while (position_.stage < num_stages) {
    // A run may have ended right after a stage's last step.
    if (position_.stage_step < stage().steps) {
      run_stage();
    }
    if (position_.stage_step < stage().steps) {
      writer_.wait();
      say("stopped by max_minutes; the same command goes on from here");
      return std::nullopt;
    }
    ++position_.stage;
    position_.stage_step = 0;
    position_.batches_skipped = 0;
    position_.optimizer_steps = 0;
    optimizer_.reset();
    if (position_.stage < num_stages) {
      begin_stage();
    }
  }
  batches_.reset();
  if (saved_step_ != position_.step) {
    save();
  }
  evaluate_now();
  if (is_new_best()) {
    save();
  }
  writer_.wait();
  take_best();
  swap_average();
  if (is_first_process()) {
    save_trained_model(trained_, config_, run_folder_);
  }
  return rows_;
}

void Trainer::run_stage() {
  trained_.loaded.model->train();
  if (config_.not_finite.then == NotFinitePolicy::kRollBack &&
      (position_.stage_step == 0 || saved_step_ != position_.step)) {
    // Something to go back to that belongs to this stage.
    save();
  }
  Progress progress("training " + stage().name, stage().steps, "steps");
  std::vector<StepRecord> records;
  const int64_t every_save = config_.checkpoints.every_steps;
  const int64_t every_evaluation = config_.evaluation.every_steps;
  // A CPU has nothing to wait for.
  const bool look_always = !trained_.loaded.placement.device.is_cuda();
  // Every start makes a step, however little time it is given.
  do {
    const int64_t step_before = position_.step;
    if (auto record = train_step()) {
      records.push_back(std::move(*record));
    }
    if (position_.step <= step_before) {
      // A run that went back does these again.
      std::erase_if(records, [this](const StepRecord& record) {
        return record.step > position_.step;
      });
      continue;
    }
    const bool last = position_.stage_step == stage().steps;
    if (look_always || last || position_.step % config_.log_every == 0 ||
        wishes_.stop) {
      look_at(records);
      const double rate =
          position_.characters / std::max(position_.seconds, 1e-9);
      char remark[64];
      std::snprintf(
          remark,
          sizeof remark,
          "loss %.4f, %.3g characters/s",
          last_loss_,
          rate);
      progress.update(position_.stage_step, remark);
    }
    if (wishes_.stop) {
      save();
      writer_.wait();
      throw_if_stop_requested();
      throw Interrupted(
          ExitCode::kTerminated, "another process was asked to stop");
    }
    bool saves = every_save > 0 && position_.step % every_save == 0;
    if (every_evaluation > 0 && position_.step % every_evaluation == 0) {
      look_at(records);
      evaluate_now();
      saves = is_new_best() || saves;
    }
    if (saves) {
      look_at(records);
      save();
    }
  } while (position_.stage_step < stage().steps && !wishes_.out_of_time);
  look_at(records);
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

  optimizer_->zero_grad();
  for (int64_t i = 0; i < stage().batches_per_step / num_processes(); ++i) {
    const auto start = Clock::now();
    const auto batch = batches_->next();
    position_.waited_seconds +=
        std::chrono::duration<double>(Clock::now() - start).count();
    add_gradients(batch, record);
  }
  wishes_ = {stop_requested(), out_of_time()};
  if (group_ != nullptr) {
    wishes_ = add_up_step(*group_, trained_.parameters, record, wishes_);
  }
  const auto norm = optimizer_->clip_gradients();
  record.numbers = torch::cat({record.numbers, norm.reshape(1)});
  // A GPU is asked, and waited for, only where the answer decides something.
  if (!norm.is_cuda() || config_.not_finite.then != NotFinitePolicy::kStop) {
    if (!record.numbers.isfinite().all().item<bool>()) {
      meet_not_finite(record);
      return std::nullopt;
    }
  }
  optimizer_->step(record.rate_factor);
  share(optimizer_->parameters());
  if (average_) {
    average_->update(position_.step + 1);
  }
  count_step(record.characters);
  return record;
}

void Trainer::add_gradients(const data::PageBatch& batch, StepRecord& record) {
  // What dropout leaves out depends on the batch and on nothing before it.
  torch::manual_seed(RandomStream(config_.seed, "dropout", batch.index).bits());
  const double share = 1.0 / static_cast<double>(stage().batches_per_step);
  const auto losses = loss_function_(
      to_device(batch, trained_.loaded.model->tensor_options()),
      stage().losses,
      stage().aids,
      static_cast<double>(position_.stage_step) /
          static_cast<double>(stage().steps));
  (losses.total * share).backward();
  const auto own = stack_numbers(losses);
  record.batches.push_back(
      {batch.mode, batch.characters_per_token, batch.font_size_px, own});
  const auto numbers = share * own;
  record.numbers =
      record.numbers.defined() ? record.numbers + numbers : numbers;
  record.characters += batch.characters;
}

void Trainer::count_step(int64_t characters) {
  ++position_.step;
  ++position_.stage_step;
  position_.optimizer_steps = optimizer_->num_steps();
  position_.characters += characters;
  position_.seconds = seconds_before_ +
      std::chrono::duration<double>(Clock::now() - start_).count();
}

void Trainer::look_at(std::vector<StepRecord>& records) {
  if (records.empty()) {
    return;
  }
  std::vector<torch::Tensor> numbers;
  for (const auto& record : records) {
    numbers.push_back(record.numbers);
  }
  const auto table = torch::stack(numbers).cpu(); // (steps, numbers)
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    auto scalars = named_numbers(table[static_cast<int64_t>(i)]);
    last_loss_ = scalars.at("loss");
    if (!std::isfinite(last_loss_)) {
      meet_not_finite(record);
    }
    if (record.step % config_.log_every != 0) {
      continue;
    }
    Json line = Json::object();
    line["step"] = record.step;
    line["stage"] = stage().name;
    line["first_batch"] = record.first_batch;
    for (const auto& [name, value] : scalars) {
      line[name] = finite_or_null(value);
    }
    line["batches"] = describe_batches(record.batches);
    line["rate_factor"] = record.rate_factor;
    line["characters"] = position_.characters;
    line["seconds"] = position_.seconds;
    line["waited_seconds"] = position_.waited_seconds;
    line["characters_per_second"] =
        position_.characters / std::max(position_.seconds, 1e-9);
    if (stage().losses.reading > 0) {
      line["expert_load"] = expert_loads(*trained_.loaded.model->decoder);
      scalars.merge(router_scalars(line["expert_load"]));
    }
    if (log_) {
      log_->add(line, scalars);
    }
  }
  records.clear();
}

void Trainer::save() {
  position_.seconds = seconds_before_ +
      std::chrono::duration<double>(Clock::now() - start_).count();
  if (is_sharded()) {
    save_checkpoint(run_folder_, position_, config_, state(), group_);
  } else {
    if (is_first_process()) {
      writer_.save(position_, config_, state());
    }
    wait_for_all();
  }
  saved_step_ = position_.step;
  new_best_ = false;
}

void Trainer::share(const std::vector<Parameter>& parameters) {
  if (is_sharded()) {
    share_parameters(*group_, parameters);
  }
}

bool Trainer::out_of_time() const {
  const std::chrono::duration<double> spent = Clock::now() - start_;
  return config_.max_minutes > 0 && spent.count() > 60 * config_.max_minutes;
}

} // namespace microfiche::training
