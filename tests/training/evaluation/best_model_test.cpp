#include "core/error.h"
#include "tests/training/small_training.h"
#include "training/checkpoint/checkpoint_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <map>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Eight steps of the reading stage with an evaluation after every second.
TrainingConfig eight_steps(const fs::path& folder) {
  auto config = tests::small_training(folder);
  config.stages = {config.stages[1]};
  config.stages[0].steps = 8;
  config.evaluation.every_steps = 2;
  config.checkpoints = {.every_steps = 1, .keep = 1, .best = "*"};
  return config;
}

/// The mean precision of each logged evaluation, by step.
std::map<int64_t, double> logged_precisions(const fs::path& run) {
  std::map<int64_t, double> means;
  for_each_line(run / "metrics.jsonl", [&](std::string_view text, auto where) {
    const Json line = parse_json(text, where);
    if (line.contains("evaluation")) {
      double sum = 0;
      for (const auto& row : line["evaluation"]) {
        sum += row["precision"].get<double>();
      }
      means[line["step"]] = sum / line["evaluation"].size();
    }
  });
  return means;
}

TEST(BestModelTest, IsKeptAndBecomesTheFinalModel) {
  const tests::TemporaryFolder folder;
  const auto run = folder.path() / "run";

  const auto rows = Trainer(eight_steps(folder.path()), run, torch::kCPU).run();

  ASSERT_TRUE(rows);
  const auto precisions = logged_precisions(run);
  ASSERT_EQ(precisions.size(), 4);
  int64_t best = 2;
  for (const auto& [step, precision] : precisions) {
    best = precision > precisions.at(best) ? step : best;
  }
  const auto newest = find_checkpoint(run);
  EXPECT_EQ(newest->position.step, 8);
  EXPECT_EQ(newest->position.best_step, best);
  EXPECT_DOUBLE_EQ(*newest->position.best_precision, precisions.at(best));
  EXPECT_DOUBLE_EQ(mean_precision(*rows, "*"), precisions.at(best));
  const auto kept = find_checkpoint(run, best);
  ASSERT_TRUE(kept);
  const std::string name = "decoder.norm.weight";
  const auto loaded = model::load_model(run / "model");
  EXPECT_TRUE(torch::equal(
      loaded.model->named_parameters()[name],
      kept->tensors.at("model." + name)
          .to(torch::kBFloat16)
          .to(torch::kFloat32)));
}

TEST(BestModelTest, SurvivesAStopAfterEveryStep) {
  const tests::TemporaryFolder folder;
  auto config = eight_steps(folder.path());
  Trainer(config, folder.path() / "straight", torch::kCPU).run();
  config.max_minutes = 1e-9;
  const auto run = folder.path() / "run";

  while (!Trainer(config, run, torch::kCPU).run()) {
  }

  EXPECT_EQ(
      logged_precisions(run), logged_precisions(folder.path() / "straight"));
  EXPECT_EQ(
      read_file(run / "model" / "model.safetensors"),
      read_file(folder.path() / "straight" / "model" / "model.safetensors"));
}

TEST(BestModelTest, AFinishedRunLogsNoSecondEvaluation) {
  const tests::TemporaryFolder folder;
  const auto config = eight_steps(folder.path());
  const auto run = folder.path() / "run";
  Trainer(config, run, torch::kCPU).run();
  const std::string before = read_file(run / "metrics.jsonl");

  Trainer(config, run, torch::kCPU).run();

  EXPECT_EQ(read_file(run / "metrics.jsonl"), before);
}

TEST(BestModelTest, ARowWithoutAMatchHasNoPrecision) {
  EvaluationRow row;
  row.mode = "one";
  row.text = "corpus";
  row.asked_density = 5;
  row.precision = 0.5;

  EXPECT_EQ(mean_precision({row}, "one/corpus/5"), 0.5);
  EXPECT_TRUE(std::isnan(mean_precision({row}, "four/*")));
  EXPECT_TRUE(std::isnan(mean_precision({}, "*")));
}

TEST(BestModelTest, RefusesAPatternThatMatchesNoRowBeforeTraining) {
  const tests::TemporaryFolder folder;
  auto config = eight_steps(folder.path());
  config.checkpoints.best = "ten/*";

  EXPECT_THAT(
      [&] { validate(config, "training"); },
      ThrowsMessage<InputError>(HasSubstr(
          "training: checkpoints.best: no row of the evaluation is called "
          "\"ten/*\"; there are: one/corpus/5 one/random_letters/5")));
}

} // namespace
} // namespace microfiche::training
