#include "core/error.h"
#include "tests/training/distributed/processes.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <string>

// Compares, bit for bit, a run that was stopped and resumed with an
// uninterrupted run: losses, masters, moments, averages and the final model.

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Config = TrainingConfig;

void expect_same_run(const fs::path& run, const fs::path& straight) {
  EXPECT_EQ(tests::logged_losses(run), tests::logged_losses(straight));
  const auto found = find_checkpoint(run);
  const auto expected = find_checkpoint(straight);
  ASSERT_TRUE(found && expected);
  EXPECT_EQ(found->position.step, expected->position.step);
  EXPECT_EQ(
      found->position.optimizer_steps, expected->position.optimizer_steps);
  ASSERT_EQ(found->tensors.size(), expected->tensors.size());
  for (const auto& [name, tensor] : expected->tensors) {
    EXPECT_TRUE(torch::equal(found->tensors.at(name), tensor)) << name;
  }
  EXPECT_EQ(
      read_file(run / "model" / "model.safetensors"),
      read_file(straight / "model" / "model.safetensors"));
}

/// Holds the vision tokens of all pages close to those of random weights.
void keep_tokens(Config& config) {
  tests::write_small_model_with_weights(config.model);
  config.from_weights = true;
  config.stages[0].losses["kept_tokens"] = 1;
  config.stages[0].kept_characters_per_token = 100;
}

struct ResumeCase {
  std::string name;
  std::function<void(Config& config)> change;
};

void PrintTo(const ResumeCase& test, std::ostream* stream) {
  *stream << test.name;
}

class ResumeTest : public ::testing::TestWithParam<ResumeCase> {};

TEST_P(ResumeTest, ResumesToTheSameBits) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  GetParam().change(config);
  Trainer(config, folder.path() / "straight", torch::kCPU).run();
  // Over after the first step of each start.
  config.max_minutes = 1e-9;

  int64_t starts = 1;
  while (!Trainer(config, folder.path() / "run", torch::kCPU).run()) {
    ASSERT_LE(++starts, 7);
  }

  expect_same_run(folder.path() / "run", folder.path() / "straight");
}

TEST(ResumeKeptTokensTest, RefusesOtherWeightsThanThoseOfTheStart) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  keep_tokens(config);
  config.max_minutes = 1e-9;
  const auto run = folder.path() / "run";
  for (int64_t step = 1; step <= 2; ++step) {
    EXPECT_FALSE(Trainer(config, run, torch::kCPU).run());
  }
  const auto lines = read_file(run / "metrics.jsonl");
  const auto last = parse_json(
      lines.substr(lines.rfind('\n', lines.size() - 2) + 1), "metrics.jsonl");
  EXPECT_GT(last["kept_tokens_loss"].get<double>(), 1e-6);

  torch::manual_seed(6);
  model::save_model(
      model::make_model(
          model::load_model_config(config.model / "config.json"),
          tests::byte_tokenizer()),
      config.model,
      torch::kFloat32,
      tests::byte_tokenizer());

  EXPECT_THAT(
      [&] { Trainer(config, run, torch::kCPU); },
      ThrowsMessage<InputError>(HasSubstr("weights changed since the run")));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    ResumeTest,
    ::testing::Values(
        // The second stage has two batches per step.
        ResumeCase{"f32", [](Config&) {}},
        ResumeCase{"bf16", [](Config& config) { config.precision = "bf16"; }},
        ResumeCase{"kept_tokens", keep_tokens},
        ResumeCase{
            "gradient_accumulation",
            [](Config& config) { config.stages[1].batches_per_step = 5; }},
        ResumeCase{
            "adam",
            [](Config& config) { config.optimizer.adam_only = {"*"}; }},
        ResumeCase{
            "average",
            [](Config& config) { config.average_decay = 0.9; }},
        ResumeCase{"adapter", tests::train_adapter},
        ResumeCase{
            "bf16_adapter",
            [](Config& config) {
              tests::train_adapter(config);
              config.precision = "bf16";
            }},
        ResumeCase{
            "background",
            [](Config& config) { config.checkpoints.in_background = true; }}),
    [](const auto& info) { return info.param.name; });

constexpr const char* kResumedTraining = "MICROFICHE_RESUMED_TRAINING";

/// One process's part of a run in the folder that the parent named.
void train_in(const char* run, double max_minutes) {
  const fs::path folder = std::getenv(kResumedTraining);
  const auto info = rank_info_from_environment().value();
  ProcessGroup group(info, torch::kCPU);
  auto config = tests::small_training(folder);
  for (auto& stage : config.stages) {
    stage.batches_per_step = 4;
  }
  config.checkpoints.in_background = true;
  config.max_minutes = max_minutes;
  Trainer(config, folder / run, torch::kCPU, &group).run();
}

TEST(ResumeWorker, DISABLED_TrainsStraight) {
  train_in("straight", /*max_minutes=*/0);
}

TEST(ResumeWorker, DISABLED_TrainsOneStep) {
  train_in("run", /*max_minutes=*/1e-9);
}

TEST(ResumeWorker, DISABLED_Resumes) {
  train_in("run", /*max_minutes=*/0);
}

TEST(ResumeTest, TwoProcessesResumeToTheSameBits) {
  const tests::TemporaryFolder folder;
  setenv(kResumedTraining, folder.path().c_str(), 1);

  for (const char* part :
       {"TrainsStraight", "TrainsOneStep", "TrainsOneStep", "Resumes"}) {
    EXPECT_THAT(
        tests::run_processes(concat("ResumeWorker.DISABLED_", part), 2),
        ::testing::Each(0))
        << part;
  }

  unsetenv(kResumedTraining);
  expect_same_run(folder.path() / "run", folder.path() / "straight");
}

} // namespace
} // namespace microfiche::training
