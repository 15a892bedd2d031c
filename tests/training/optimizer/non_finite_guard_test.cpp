#include "training/optimizer/non_finite_guard.h"

#include "core/error.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <memory>
#include <set>
#include <vector>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Eight steps of one batch each; a checkpoint after every second.
TrainingConfig eight_steps(const fs::path& folder, NonFinitePolicy then) {
  auto config = tests::small_training(folder);
  config.stages = {config.stages[1]};
  config.stages[0].steps = 8;
  config.stages[0].batches_per_step = 1;
  config.not_finite = {then, /*at_most=*/2};
  return config;
}

/// Makes the gradients of the given backward passes, counted from 1, infinite.
void poison(const Trainer& trainer, std::set<int64_t> passes) {
  auto count = std::make_shared<int64_t>(0);
  auto newline = trainer.model().model->image_newline;
  newline.register_hook([count, passes](const torch::Tensor& gradient) {
    return passes.contains(++*count)
        ? gradient * std::numeric_limits<float>::infinity()
        : gradient;
  });
}

/// The batch that each logged step began with.
std::vector<int64_t> first_batches(const fs::path& run) {
  std::vector<int64_t> batches;
  for_each_line(run / "metrics.jsonl", [&](std::string_view line, auto where) {
    const Json json = parse_json(line, where);
    if (json.contains("first_batch")) {
      batches.push_back(json["first_batch"]);
    }
  });
  return batches;
}

bool all_finite(const Trainer& trainer) {
  const auto parameters = trainer.model().model->parameters();
  return std::all_of(
      parameters.begin(), parameters.end(), [](const torch::Tensor& weight) {
        return weight.isfinite().all().item<bool>();
      });
}

TEST(NonFiniteGuardTest, StopsBeforeTheWeightsChange) {
  const tests::TemporaryFolder folder;
  const auto run = folder.path() / "run";
  Trainer trainer(
      eight_steps(folder.path(), NonFinitePolicy::kStop), run, torch::kCPU);
  poison(trainer, {4});

  EXPECT_THAT(
      [&] { trainer.run(); },
      ThrowsMessage<NumericError>(::testing::AllOf(
          HasSubstr("step 4 of stage"),
          HasSubstr("gradient that is not finite: image_newline"),
          HasSubstr("newest checkpoint is from step 2"))));
  EXPECT_TRUE(all_finite(trainer));
  EXPECT_EQ(find_checkpoint(run)->position.step, 2);
}

TEST(NonFiniteGuardTest, SkipsAndCounts) {
  const tests::TemporaryFolder folder;
  const auto run = folder.path() / "run";
  const auto config = eight_steps(folder.path(), NonFinitePolicy::kSkip);
  Trainer trainer(config, run, torch::kCPU);
  poison(trainer, {4, 6});

  ASSERT_TRUE(trainer.run());

  EXPECT_EQ(trainer.position().step, 8);
  EXPECT_EQ(trainer.position().not_finite, 2);
  EXPECT_EQ(trainer.position().optimizer_steps, 0);
  EXPECT_TRUE(all_finite(trainer));
  // Up to the first skipped step nothing differs, and that step is not there.
  const auto expected = tests::undisturbed_losses(config);
  const auto losses = tests::logged_losses(run);
  EXPECT_EQ(losses.size(), 6);
  EXPECT_EQ(losses.at(3), expected.at(3));
  EXPECT_FALSE(losses.contains(4));
  EXPECT_NE(losses.at(5), expected.at(5));
}

TEST(NonFiniteGuardTest, StopsAfterTooManySkips) {
  const tests::TemporaryFolder folder;
  Trainer trainer(
      eight_steps(folder.path(), NonFinitePolicy::kSkip),
      folder.path() / "run",
      torch::kCPU);
  poison(trainer, {2, 3, 5});

  EXPECT_THAT(
      [&] { trainer.run(); },
      ThrowsMessage<NumericError>(HasSubstr("step 5 of stage")));
}

TEST(NonFiniteGuardTest, RollsBackAndContinuesWithTheNextBatches) {
  const tests::TemporaryFolder folder;
  const auto run = folder.path() / "run";
  const auto config = eight_steps(folder.path(), NonFinitePolicy::kRollBack);
  Trainer trainer(config, run, torch::kCPU);
  // Step 4, whose batches are the fourth; the newest checkpoint is of step 2.
  poison(trainer, {4});

  ASSERT_TRUE(trainer.run());

  EXPECT_EQ(trainer.position().step, 8);
  EXPECT_EQ(trainer.position().not_finite, 1);
  // Steps 3 and 4 had batches 2 and 3; what comes after them is batch 4.
  EXPECT_EQ(first_batches(run), (std::vector<int64_t>{0, 1, 4, 5, 6, 7, 8, 9}));
  const auto losses = tests::logged_losses(run);
  const auto expected = tests::undisturbed_losses(config);
  EXPECT_EQ(losses.at(2), expected.at(2));
  EXPECT_NE(losses.at(3), expected.at(3));
  EXPECT_TRUE(all_finite(trainer));
}

TEST(NonFiniteGuardTest, ResumesAfterARollBack) {
  const tests::TemporaryFolder folder;
  auto config = eight_steps(folder.path(), NonFinitePolicy::kRollBack);
  config.checkpoints.every_steps = 1;
  const auto straight = folder.path() / "straight";
  Trainer undisturbed(config, straight, torch::kCPU);
  poison(undisturbed, {4});
  undisturbed.run();
  const auto run = folder.path() / "run";
  // Over after the first step of each start.
  config.max_minutes = 1e-9;

  for (int64_t start = 1;; ++start) {
    Trainer trainer(config, run, torch::kCPU);
    if (start == 4) {
      poison(trainer, {1});
    }
    if (trainer.run()) {
      break;
    }
  }

  EXPECT_EQ(tests::logged_losses(run), tests::logged_losses(straight));
  EXPECT_EQ(first_batches(run), first_batches(straight));
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<Parameter> two_parameters() {
  return with_masters(
      {{"first", torch::ones({2}, torch::requires_grad())},
       {"second", torch::ones({2}, torch::requires_grad())}});
}

TEST(FirstNonFiniteTest, NamesTheFirstWeightThatIsNotFinite) {
  auto parameters = two_parameters();
  parameters[1].master[0] = kNan;

  EXPECT_THAT(first_non_finite(parameters), HasSubstr("weight"));
  EXPECT_THAT(first_non_finite(parameters), HasSubstr("second"));
}

TEST(FirstNonFiniteTest, NamesTheFirstGradientIfAllWeightsAreFinite) {
  auto parameters = two_parameters();
  parameters[1].tensor.mutable_grad() = torch::full({2}, kNan);

  EXPECT_THAT(first_non_finite(parameters), HasSubstr("gradient"));
  EXPECT_THAT(first_non_finite(parameters), HasSubstr("second"));
}

TEST(FirstNonFiniteTest, SaysThatAllWeightsAreFinite) {
  EXPECT_THAT(
      first_non_finite(two_parameters()), HasSubstr("all weights are finite"));
}

} // namespace
} // namespace microfiche::training
