#include "training/optimizer/lr_schedule.h"

#include "core/config.h"
#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(LearningRateTest, WarmsUpInEqualStepsFromTheFirst) {
  const ScheduleConfig schedule{.warmup_steps = 4, .decay = Decay::kNone};

  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 0, 100), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 2, 100), 0.75);
  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 4, 100), 1);
}

TEST(LearningRateTest, StaysConstantWithoutADecay) {
  const ScheduleConfig schedule{.decay = Decay::kNone};

  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 99, 100), 1);
}

TEST(LearningRateTest, FallsLinearlyOverTheLastPart) {
  const ScheduleConfig schedule{
      .decay = Decay::kLinear, .decay_fraction = 0.4, .final_factor = 0};

  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 59, 100), 1);
  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 60, 100), 1);
  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 80, 100), 0.5);
  EXPECT_NEAR(learning_rate_factor(schedule, 99, 100), 0.025, 1e-12);
}

TEST(LearningRateTest, FallsToItsFinalFactor) {
  const ScheduleConfig schedule{
      .decay = Decay::kLinear, .decay_fraction = 1, .final_factor = 0.2};

  EXPECT_NEAR(learning_rate_factor(schedule, 100, 100), 0.2, 1e-12);
}

TEST(LearningRateTest, FollowsHalfACosineAfterTheWarmUp) {
  const ScheduleConfig schedule{
      .warmup_steps = 20, .decay = Decay::kCosine, .final_factor = 0};

  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 20, 100), 1);
  EXPECT_NEAR(learning_rate_factor(schedule, 60, 100), 0.5, 1e-12);
  EXPECT_NEAR(learning_rate_factor(schedule, 100, 100), 0, 1e-12);
}

TEST(LearningRateTest, DropsAtTheGivenFractions) {
  const ScheduleConfig schedule{
      .decay = Decay::kSteps, .drops_at = {0.5, 0.9}, .drop_factor = 0.1};

  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 49, 100), 1);
  EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 50, 100), 0.1);
  EXPECT_NEAR(learning_rate_factor(schedule, 90, 100), 0.01, 1e-12);
}

TEST(LearningRateTest, RefusesAFractionAboveOne) {
  const Json json = {{"decay_fraction", 1.5}};

  EXPECT_THAT(
      [&] { read_config<ScheduleConfig>(json, "test"); },
      ThrowsMessage<InputError>(HasSubstr("decay_fraction: must be from 0")));
}

} // namespace
} // namespace microfiche::training
