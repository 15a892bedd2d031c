#include "training/trainer.h"

#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "core/version.h"
#include "rendering/font.h"
#include "training/lr_schedule.h"

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
    torch::Device device)
    : config_(std::move(config)),
      run_folder_(std::move(run_folder)),
      trained_(make_trained_model(config_, device)),
      loss_function_(trained_.loaded, trained_.heads),
      start_(Clock::now()) {
  at::globalContext().setAllowTF32CuBLAS(config_.tf32);
  at::globalContext().setAllowTF32CuDNN(config_.tf32);
  trained_.loaded.model->set_recompute(config_.recompute);
  if (config_.average_decay > 0) {
    average_.emplace(trained_.parameters, config_.average_decay);
  }

  const double fraction = config_.held_out_fraction;
  const auto documents = data::read_documents(config_.corpus);
  training_text_ = std::make_shared<data::Corpus>(
      data::select_split(documents, fraction, data::Split::kTraining));
  held_out_text_ = std::make_shared<data::Corpus>(
      fraction > 0
          ? data::select_split(documents, fraction, data::Split::kHeldOut)
          : data::read_documents(config_.held_out));

  const auto checkpoint = find_checkpoint(run_folder_);
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
  write_json_file(run_folder_ / "config.json", write_config(config_));
  write_json_file(run_folder_ / "environment.json", environment());
  log_.emplace(run_folder_, position_.step);
}

Json Trainer::environment() const {
  std::set<std::string> fonts;
  for (const auto& stage : config_.stages) {
    fonts.insert(stage.pages.fonts.begin(), stage.pages.fonts.end());
  }
  const auto count = [](const data::Corpus& corpus) {
    return Json{
        {"documents", corpus.documents().size()},
        {"characters", corpus.num_characters()}};
  };
  Json environment = Json::object();
  environment["build"] = write_config(build_info());
  environment["model"] = trained_.loaded.provenance();
  environment["threads"] = at::get_num_threads();
  environment["rendering"] = write_config(
      rendering::rendering_provenance({fonts.begin(), fonts.end()}));
  environment["training_text"] = count(*training_text_);
  environment["held_out_text"] = count(*held_out_text_);
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

std::shared_ptr<data::PageDataset> Trainer::make_pages(
    std::shared_ptr<const data::Corpus> corpus,
    data::PageMixConfig mix,
    data::BatchConfig batch) const {
  const uint64_t stage_seed =
      RandomStream(config_.seed, "stage", position_.stage).bits();
  return std::make_shared<data::PageDataset>(
      std::move(corpus),
      std::move(mix),
      batch,
      trained_.loaded.config.toolkit.modes,
      trained_.loaded.tokenizer(),
      trained_.loaded.config.language.eos_token_id,
      stage_seed,
      trained_.loaded.config.token_side_px());
}

int64_t Trainer::next_batch() const {
  return position_.stage_step * stage().batches_per_step +
      position_.batches_skipped;
}

void Trainer::begin_stage() {
  // The workers of the stage before end first: they read what follows.
  batches_.reset();
  optimizer_.emplace(trained_.parameters, stage().rates, config_.optimizer);
  auto pages = make_pages(training_text_, stage().pages, stage().batch);
  batches_.emplace(
      [pages] {
        return [pages](int64_t index) { return pages->batch(index); };
      },
      config_.workers,
      config_.batches_ahead,
      /*first=*/next_batch());
}

void Trainer::go_to(const TrainingCheckpoint& checkpoint) {
  position_ = checkpoint.position;
  saved_step_ = position_.step;
  if (position_.stage < static_cast<int64_t>(config_.stages.size())) {
    begin_stage();
  }
  restore(checkpoint, state());
  take_masters(trained_.parameters);
  if (optimizer_) {
    optimizer_->set_num_steps(position_.optimizer_steps);
  }
}

std::optional<std::vector<EvaluationRow>> Trainer::run() {
  const int64_t num_stages = static_cast<int64_t>(config_.stages.size());
  while (position_.stage < num_stages) {
    // A run may have ended right after a stage's last step.
    if (position_.stage_step < stage().steps) {
      run_stage();
    }
    if (position_.stage_step < stage().steps) {
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
  auto rows = evaluate_now();
  if (average_) {
    average_->swap();
  }
  save_trained_model(trained_, config_, run_folder_);
  return rows;
}

void Trainer::run_stage() {
  trained_.loaded.model->train();
  if (config_.not_finite.then == NotFinitePolicy::kRollBack) {
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
    if (auto record = train_step()) {
      records.push_back(std::move(*record));
    }
    // A run that went back does these again.
    std::erase_if(records, [this](const StepRecord& record) {
      return record.step > position_.step;
    });
    const bool last = position_.stage_step == stage().steps;
    if (look_always || last || position_.step % config_.log_every == 0 ||
        stop_requested()) {
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
    if (stop_requested()) {
      save();
      throw_if_stop_requested();
    }
    if (every_save > 0 && position_.step % every_save == 0) {
      look_at(records);
      save();
    }
    if (every_evaluation > 0 && position_.step % every_evaluation == 0) {
      look_at(records);
      evaluate_now();
    }
  } while (position_.stage_step < stage().steps && !out_of_time());
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
  for (int64_t i = 0; i < stage().batches_per_step; ++i) {
    add_gradients(batches_->next(), record);
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
  const auto numbers = share * stack_numbers(losses);
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

void Trainer::meet_not_finite(const StepRecord& record) {
  const std::string what = concat(
      "step ",
      record.step,
      " of stage \"",
      stage().name,
      "\": the loss or a gradient is not finite (batches ",
      record.first_batch,
      " to ",
      record.first_batch + stage().batches_per_step - 1,
      "; ",
      first_not_finite(trained_.parameters),
      ")");
  ++position_.not_finite;
  const auto then = config_.not_finite.then;
  if (then == NotFinitePolicy::kStop ||
      position_.not_finite > config_.not_finite.at_most) {
    throw NumericError(concat(
        what,
        "; lower the learning rates, or lengthen schedule.warmup_steps; the "
        "newest checkpoint is from step ",
        saved_step_));
  }
  if (then == NotFinitePolicy::kSkip) {
    warn(what + "; skipped");
    count_step(record.characters);
    log_->add(
        {{"step", position_.step},
         {"stage", stage().name},
         {"not_finite_steps", position_.not_finite}},
        {{"not_finite_steps", static_cast<double>(position_.not_finite)}});
    return;
  }
  roll_back(record.first_batch + stage().batches_per_step);
  warn(concat(what, "; back to step ", position_.step));
}

void Trainer::roll_back(int64_t next_batch) {
  const auto checkpoint = find_checkpoint(run_folder_);
  check<IoError>(
      checkpoint && checkpoint->position.stage == position_.stage,
      run_folder_.string(),
      ": the checkpoint to go back to is gone");
  const int64_t not_finite = position_.not_finite;
  position_ = checkpoint->position;
  position_.not_finite = not_finite;
  position_.batches_skipped =
      next_batch - position_.stage_step * stage().batches_per_step;
  auto from_here = *checkpoint;
  from_here.position = position_;
  go_to(from_here);
  // So that a run that is stopped now does not come back to the same pages.
  save();
  log_.emplace(run_folder_, position_.step);
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
    line["rate_factor"] = record.rate_factor;
    line["characters"] = position_.characters;
    line["seconds"] = position_.seconds;
    line["characters_per_second"] =
        position_.characters / std::max(position_.seconds, 1e-9);
    if (stage().losses.reading > 0) {
      line["expert_load"] = expert_loads(*trained_.loaded.model->decoder);
      scalars.merge(router_scalars(line["expert_load"]));
    }
    log_->add(line, scalars);
  }
  records.clear();
}

void Trainer::save() {
  position_.seconds = seconds_before_ +
      std::chrono::duration<double>(Clock::now() - start_).count();
  save_checkpoint(run_folder_, position_, config_, state());
  saved_step_ = position_.step;
}

std::vector<EvaluationRow> Trainer::evaluate_now() {
  if (config_.evaluation.modes.empty()) {
    return {};
  }
  const auto& last = config_.stages.back();
  data::PageMixConfig mix = last.pages;
  for (const auto& mode : config_.evaluation.modes) {
    mix.modes.emplace(mode, 0);
  }
  const auto pages = make_pages(held_out_text_, mix, {});
  if (average_) {
    average_->swap();
  }
  auto rows =
      evaluate(trained_.loaded, *pages, config_.evaluation, config_.seed);
  if (average_) {
    average_->swap();
  }
  Json line = Json::object();
  line["step"] = position_.step;
  line["evaluation"] = Json::array();
  for (const auto& row : rows) {
    line["evaluation"].push_back(write_config(row));
  }
  std::map<std::string, double> precisions;
  for (const auto& row : rows) {
    precisions[concat(
        "precision/", row.mode, "/", row.text, "/", row.asked_density)] =
        row.precision;
  }
  log_->add(line, precisions);
  say(concat("\nstep ", position_.step, ", held-out pages:\n"));
  say(format_table(rows));
  return rows;
}

bool Trainer::out_of_time() const {
  const std::chrono::duration<double> spent = Clock::now() - start_;
  return config_.max_minutes > 0 && spent.count() > 60 * config_.max_minutes;
}

} // namespace microfiche::training
