#include "metrics/confidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "core/error.h"
#include "core/random.h"

namespace microfiche::metrics {
namespace {

std::vector<double> normal_values(size_t count, uint64_t seed) {
  RandomStream random(seed, "confidence test");
  std::vector<double> values(count);
  for (auto& value : values) {
    value = 5 + 2 * random.normal();
  }
  return values;
}

TEST(BootstrapTest, AgreesWithTheNormalApproximationOnManyPages) {
  const auto values = normal_values(2000, 1);
  const double half_width = 1.96 * 2 / std::sqrt(2000.0);

  const auto interval = bootstrap_mean(values, 0, 2000);

  EXPECT_NEAR(interval.mean - interval.low, half_width, 0.1 * half_width);
  EXPECT_NEAR(interval.high - interval.mean, half_width, 0.1 * half_width);
}

TEST(BootstrapTest, TheFourPagesBehindThePapersTwentyfoldPointSayLittle) {
  // Set precisions of an independent run in the bin of 1200 to 1300 tokens.
  const auto interval = bootstrap_mean({0.815, 0.718, 0.726, 0.090});

  EXPECT_NEAR(interval.mean, 0.587, 0.001);
  EXPECT_NEAR(interval.low, 0.25, 0.02);
  EXPECT_NEAR(interval.high, 0.79, 0.02);
}

TEST(BootstrapTest, OnePageHasNoWidth) {
  EXPECT_EQ(bootstrap_mean({0.25}), (Interval{0.25, 0.25, 0.25}));
}

TEST(BootstrapTest, NoPagesGiveNoNumber) {
  EXPECT_TRUE(std::isnan(bootstrap_mean({}).mean));
}

TEST(BootstrapTest, TheSeedDecidesTheInterval) {
  const auto values = normal_values(30, 2);

  EXPECT_EQ(bootstrap_mean(values, 7), bootstrap_mean(values, 7));
  EXPECT_NE(bootstrap_mean(values, 7), bootstrap_mean(values, 8));
}

TEST(BootstrapTest, ColumnsShareTheirDraws) {
  const auto values = normal_values(30, 3);

  const auto intervals = bootstrap_means({values, values});

  EXPECT_EQ(intervals[0], intervals[1]);
}

TEST(SkillTest, IsNothingAtTheFloorAndOneForPerfect) {
  EXPECT_DOUBLE_EQ(skill(0.25, 0.25), 0);
  EXPECT_DOUBLE_EQ(skill(1, 0.25), 1);
  EXPECT_DOUBLE_EQ(skill(0.625, 0.25), 0.5);
}

TEST(PairedTest, CountsEveryArrangementOfFewPages) {
  // All four differences are positive: only the two extreme arrangements of 16
  // reach the observed sum.
  const auto result = compare_paired({0, 0, 0, 0}, {1, 2, 3, 4});

  EXPECT_DOUBLE_EQ(result.p_value, 2.0 / 16);
  EXPECT_DOUBLE_EQ(result.difference.mean, 2.5);
}

TEST(PairedTest, EqualRunsDoNotDiffer) {
  const auto result = compare_paired({0.1, 0.2, 0.3}, {0.1, 0.2, 0.3});

  EXPECT_DOUBLE_EQ(result.p_value, 1);
  EXPECT_EQ(result.difference, (Interval{0, 0, 0}));
}

TEST(PairedTest, FindsASmallShiftThatAnUnpairedTestWouldMiss) {
  const auto first = normal_values(200, 4);
  auto second = first;
  RandomStream random(5, "shift");
  for (auto& value : second) {
    value += 0.05 + 0.1 * random.normal();
  }

  const auto result = compare_paired(first, second);

  EXPECT_LT(result.p_value, 0.001);
  EXPECT_GT(result.difference.low, 0);
}

TEST(PairedTest, NoShiftIsSeldomSignificant) {
  int significant = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto first = normal_values(40, 2 * seed + 100);
    const auto second = normal_values(40, 2 * seed + 101);
    significant += compare_paired(first, second).p_value < 0.05;
  }

  EXPECT_LE(significant, 4);
}

TEST(PairedTest, RefusesDifferentPages) {
  EXPECT_THROW(compare_paired({1, 2}, {1}), InputError);
}

} // namespace
} // namespace microfiche::metrics
