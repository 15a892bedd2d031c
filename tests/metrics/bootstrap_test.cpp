#include "metrics/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/metrics/goldens.h"
#include "tests/metrics/normal_values.h"

namespace microfiche::metrics {
namespace {

TEST(BootstrapTest, AgreesWithTheNormalApproximationOnManyPages) {
  const auto values = normal_values(2000, 1);
  const double half_width = 1.96 * 2 / std::sqrt(2000.0);

  const auto interval = bootstrap_mean(values, 0, 2000);

  EXPECT_NEAR(interval.mean - interval.low, half_width, 0.1 * half_width);
  EXPECT_NEAR(interval.high - interval.mean, half_width, 0.1 * half_width);
}

TEST(BootstrapTest, FourPagesHaveAWideInterval) {
  // Set precisions of an independent run in the bin of 1200 to 1300 tokens.
  const auto interval = bootstrap_mean({0.815, 0.718, 0.726, 0.090});

  EXPECT_NEAR(interval.mean, 0.587, 0.001);
  EXPECT_NEAR(interval.low, 0.25, 0.02);
  EXPECT_NEAR(interval.high, 0.79, 0.02);
}

TEST(BootstrapTest, TheIntervalOfOnePageHasWidthZero) {
  EXPECT_EQ(bootstrap_mean({0.25}), (Interval{0.25, 0.25, 0.25, 0.25, 0.25}));
}

TEST(BootstrapTest, WithoutPagesTheResultIsNaN) {
  EXPECT_TRUE(std::isnan(bootstrap_mean({}).mean));
}

TEST(BootstrapTest, AValueThatIsNotFiniteMakesTheIntervalNaN) {
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    const auto interval = bootstrap_mean({0.5, value, 0.75});

    EXPECT_TRUE(std::isnan(interval.mean)) << value;
    EXPECT_TRUE(std::isnan(interval.low) && std::isnan(interval.high));
    EXPECT_TRUE(std::isnan(interval.bca_low) && std::isnan(interval.bca_high));
  }
}

TEST(BootstrapTest, TheIntervalScalesWithTheValues) {
  // The squares of 1e-200 and 1e200 are 0 and infinite in double precision.
  const auto one = bootstrap_mean({0, 0, 0, 1});
  for (const double unit : {1e-200, 1e200}) {
    const auto interval = bootstrap_mean({0, 0, 0, unit});

    EXPECT_DOUBLE_EQ(interval.bca_low, one.bca_low * unit);
    EXPECT_DOUBLE_EQ(interval.bca_high, one.bca_high * unit);
  }
}

TEST(BootstrapTest, EqualSeedsGiveEqualIntervals) {
  const auto values = normal_values(30, 2);

  EXPECT_EQ(bootstrap_mean(values, 7), bootstrap_mean(values, 7));
  EXPECT_NE(bootstrap_mean(values, 7), bootstrap_mean(values, 8));
}

TEST(BootstrapTest, ColumnsShareTheirDraws) {
  const auto values = normal_values(30, 3);

  const auto intervals = bootstrap_means({values, values});

  EXPECT_EQ(intervals[0], intervals[1]);
}

TEST(SkillTest, IsZeroAtTheFloorAndOneForPerfect) {
  EXPECT_DOUBLE_EQ(skill(0.25, 0.25), 0);
  EXPECT_DOUBLE_EQ(skill(1, 0.25), 1);
  EXPECT_DOUBLE_EQ(skill(0.625, 0.25), 0.5);
}

TEST(IntervalTest, EqualsScipyOnTheSameResamples) {
  for (const auto& golden : read_goldens("intervals.jsonl")) {
    const auto values = golden["values"].get<std::vector<double>>();

    const auto interval = interval_of_mean(
        values, golden["resampled_means"].get<std::vector<double>>());

    const auto expect_near = [&](double got, const char* name) {
      EXPECT_NEAR(got, golden[name].get<double>(), 1e-12)
          << name << " of " << golden["values"];
    };
    expect_near(interval.low, "percentile_low");
    expect_near(interval.high, "percentile_high");
    expect_near(interval.bca_low, "bca_low");
    expect_near(interval.bca_high, "bca_high");
  }
}

TEST(IntervalTest, EqualsScipyWithinTheErrorOfItsDraws) {
  for (const auto& golden : read_goldens("intervals.jsonl")) {
    const auto values = golden["values"].get<std::vector<double>>();
    const double tolerance = golden["tolerance"].get<double>();

    const auto interval = bootstrap_mean(values, 3);

    const auto& scipy = golden["bca_of_100000"];
    EXPECT_NEAR(interval.bca_low, scipy[0].get<double>(), tolerance);
    EXPECT_NEAR(interval.bca_high, scipy[1].get<double>(), tolerance);
  }
}

TEST(IntervalTest, AFewFailedPagesShiftTheBcaIntervalDown) {
  // Most pages perfect: the percentile interval is too optimistic.
  std::vector<double> values(40, 1.0);
  values[3] = values[17] = 0.1;

  const auto interval = bootstrap_mean(values);

  EXPECT_LT(interval.bca_low, interval.low);
}

} // namespace
} // namespace microfiche::metrics
