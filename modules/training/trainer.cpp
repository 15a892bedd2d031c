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
namespace {

namespace fs = std::filesystem;

/// What `StepRecord::numbers` holds, in this order.
const std::vector<const char*> kNumberNames = {
    "loss",
    "reading_loss",
    "glyph_loss",
    "patch_glyph_loss",
    "balance_loss",
    "aids_loss",
    "reading_accuracy",
    "glyph_accuracy",
    "gradient_norm"};

model::LoadedModel make_start(
    const TrainingConfig& config,
    torch::Device device) {
  torch::manual_seed(config.seed);
  const model::Placement placement{
      device, config.precision == "bf16" ? torch::kBFloat16 : torch::kFloat32};
  // Masters are taken from float32 weights, before anything is rounded.
  const model::Placement exact{device, torch::kFloat32};
  auto loaded = config.from_weights
      ? model::load_model(config.model, exact)
      : model::make_model(
            model::load_model_config(config.model / "config.json"),
            config.model / "tokenizer.json",
            exact);
  check(
      !loaded.placement.int8,
      config.model.string(),
      ": its weights are int8, which cannot be trained; give the folder that "
      "was quantized");
  loaded.folder = config.model;
  loaded.placement = placement;
  return loaded;
}

/// A row of `StepRecord::numbers` by the names of its columns.
std::map<std::string, double> scalars(const torch::Tensor& numbers) {
  std::map<std::string, double> scalars;
  for (size_t i = 0; i < kNumberNames.size(); ++i) {
    scalars[kNumberNames[i]] = numbers[static_cast<int64_t>(i)].item<double>();
  }
  return scalars;
}

/// Tokens that went to each expert, as fractions, a list a routing layer.
Json expert_loads(decoder::DecoderImpl& decoder) {
  Json loads = Json::array();
  for (const auto& child : *decoder.layers) {
    const auto* layer = child->as<decoder::DecoderLayerImpl>();
    if (layer->moe && layer->moe->expert_load().defined()) {
      const auto load = layer->moe->expert_load().cpu();
      const auto share = (load / load.sum()).contiguous();
      Json list = Json::array();
      for (int64_t i = 0; i < share.numel(); ++i) {
        list.push_back(std::round(1e4 * share[i].item<double>()) / 1e4);
      }
      loads.push_back(std::move(list));
    }
  }
  return loads;
}

} // namespace

Trainer::Trainer(
    TrainingConfig config,
    fs::path run_folder,
    torch::Device device)
    : config_(std::move(config)),
      run_folder_(std::move(run_folder)),
      loaded_(make_start(config_, device)),
      start_(Clock::now()) {
  at::globalContext().setAllowTF32CuBLAS(config_.tf32);
  at::globalContext().setAllowTF32CuDNN(config_.tf32);

  heads_ = make_heads(config_.glyph_head, loaded_.config, device);
  std::vector<std::pair<std::string, torch::Tensor>> named;
  for (const auto& item : loaded_.model->named_parameters()) {
    named.emplace_back(item.key(), item.value());
  }
  const auto of_heads = named_parameters(heads_);
  named.insert(named.end(), of_heads.begin(), of_heads.end());
  parameters_ = with_masters(named);
  round_weights(parameters_, loaded_.placement.dtype);
  loss_function_.emplace(loaded_, heads_);

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
    position_ = checkpoint->position;
    seconds_before_ = position_.seconds;
    saved_step_ = position_.step;
  }
  if (position_.stage < static_cast<int64_t>(config_.stages.size())) {
    begin_stage();
  }
  if (checkpoint) {
    restore(*checkpoint, state());
    const torch::NoGradGuard no_grad;
    for (auto& parameter : parameters_) {
      parameter.tensor.copy_(parameter.master);
    }
    if (optimizer_) {
      optimizer_->set_num_steps(position_.optimizer_steps);
    }
    say(concat("goes on from ", checkpoint->folder.string()));
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
  environment["model"] = loaded_.provenance();
  environment["threads"] = at::get_num_threads();
  environment["rendering"] = write_config(
      rendering::rendering_provenance({fonts.begin(), fonts.end()}));
  environment["training_text"] = count(*training_text_);
  environment["held_out_text"] = count(*held_out_text_);
  return environment;
}

std::map<std::string, torch::Tensor> Trainer::state() const {
  std::map<std::string, torch::Tensor> state;
  for (const auto& parameter : parameters_) {
    const bool head = parameter.name.starts_with("heads.");
    state[head ? parameter.name : "model." + parameter.name] = parameter.master;
  }
  if (optimizer_) {
    state.merge(optimizer_->state());
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
      loaded_.config.toolkit.modes,
      loaded_.tokenizer(),
      loaded_.config.language.eos_token_id,
      stage_seed,
      loaded_.config.token_side_px());
}

void Trainer::begin_stage() {
  // The workers of the stage before end first: they read what follows.
  batches_.reset();
  optimizer_.emplace(parameters_, stage().rates, config_.optimizer);
  auto pages = make_pages(training_text_, stage().pages, stage().batch);
  batches_.emplace(
      [pages] {
        return [pages](int64_t index) { return pages->batch(index); };
      },
      config_.workers,
      config_.batches_ahead,
      /*first=*/position_.stage_step * stage().batches_per_step);
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
  // Rounding the masters gives what a model that computes in bf16 holds.
  model::save_model(
      loaded_,
      run_folder_ / "model",
      torch::kBFloat16,
      config_.model / "tokenizer.json");
  return rows;
}

void Trainer::run_stage() {
  loaded_.model->train();
  Progress progress("training " + stage().name, stage().steps, "steps");
  std::vector<StepRecord> records;
  const int64_t every_save = config_.checkpoints.every_steps;
  const int64_t every_evaluation = config_.evaluation.every_steps;
  // A CPU has nothing to wait for; there a NaN is caught before the next step.
  const bool look_always = !loaded_.placement.device.is_cuda();
  // Every start makes a step, however little time it is given.
  do {
    records.push_back(train_step());
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
          losses_.back(),
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

Trainer::StepRecord Trainer::train_step() {
  StepRecord record;
  record.step = position_.step + 1;
  record.first_batch = position_.stage_step * stage().batches_per_step;
  record.rate_factor = learning_rate_factor(
      stage().schedule, position_.stage_step, stage().steps);
  const double share = 1.0 / static_cast<double>(stage().batches_per_step);

  optimizer_->zero_grad();
  for (int64_t i = 0; i < stage().batches_per_step; ++i) {
    const data::PageBatch batch = batches_->next();
    const auto losses = (*loss_function_)(
        to_device(batch, loaded_.model->tensor_options()),
        stage().losses,
        stage().aids,
        static_cast<double>(position_.stage_step) /
            static_cast<double>(stage().steps));
    (losses.total * share).backward();
    const auto numbers = share *
        torch::stack(
                             {losses.total.detach(),
                              losses.reading.detach(),
                              losses.glyph.detach(),
                              losses.patch_glyph.detach(),
                              losses.balance.detach(),
                              losses.aids.detach(),
                              losses.reading_accuracy,
                              losses.glyph_accuracy});
    record.numbers =
        record.numbers.defined() ? record.numbers + numbers : numbers;
    record.characters += batch.characters;
  }
  if (!loaded_.placement.device.is_cuda() &&
      !std::isfinite(record.numbers[0].item<double>())) {
    stop_for_nan(record);
  }
  const auto norm = optimizer_->step(record.rate_factor);
  record.numbers = torch::cat({record.numbers, norm.reshape(1)});

  ++position_.step;
  ++position_.stage_step;
  position_.optimizer_steps = optimizer_->num_steps();
  position_.characters += record.characters;
  position_.seconds = seconds_before_ +
      std::chrono::duration<double>(Clock::now() - start_).count();
  return record;
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
    const auto row = table[static_cast<int64_t>(i)];
    losses_.push_back(row[0].item<double>());
    if (!std::isfinite(losses_.back())) {
      stop_for_nan(record);
    }
    if (record.step % config_.log_every != 0) {
      continue;
    }
    Json line = Json::object();
    line["step"] = record.step;
    line["stage"] = stage().name;
    for (size_t j = 0; j < kNumberNames.size(); ++j) {
      line[kNumberNames[j]] =
          finite_or_null(row[static_cast<int64_t>(j)].item<double>());
    }
    line["rate_factor"] = record.rate_factor;
    line["characters"] = position_.characters;
    line["seconds"] = position_.seconds;
    line["characters_per_second"] =
        position_.characters / std::max(position_.seconds, 1e-9);
    if (stage().losses.reading > 0) {
      line["expert_load"] = expert_loads(*loaded_.model->decoder);
    }
    log_->add(line, scalars(row));
  }
  records.clear();
}

void Trainer::stop_for_nan(const StepRecord& record) {
  throw NumericError(concat(
      "step ",
      record.step,
      " of stage \"",
      stage().name,
      "\": the loss is not finite (batches ",
      record.first_batch,
      " to ",
      record.first_batch + stage().batches_per_step - 1,
      "; ",
      first_not_finite(parameters_),
      "); lower the learning rates, or lengthen schedule.warmup_steps; the "
      "newest checkpoint is from step ",
      saved_step_));
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
  auto rows = evaluate(loaded_, *pages, config_.evaluation, config_.seed);
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
