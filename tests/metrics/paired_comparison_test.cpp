#include "metrics/paired_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/random.h"
#include "tests/metrics/normal_values.h"

namespace microfiche::metrics {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(PairedTest, CountsEverySignArrangementOfFewPages) {
  // All four differences are positive: only the two extreme arrangements of 16
  // reach the observed sum.
  const auto result = compare_paired({0, 0, 0, 0}, {1, 2, 3, 4});

  EXPECT_DOUBLE_EQ(result.p_value, 2.0 / 16);
  EXPECT_DOUBLE_EQ(result.difference.mean, 2.5);
}

TEST(PairedTest, EqualRunsDoNotDiffer) {
  const auto result = compare_paired({0.1, 0.2, 0.3}, {0.1, 0.2, 0.3});

  EXPECT_DOUBLE_EQ(result.p_value, 1);
  EXPECT_DOUBLE_EQ(result.bootstrap_p_value, 1);
  EXPECT_EQ(result.difference, (Interval{0, 0, 0, 0, 0}));
}

TEST(PairedTest, DetectsASmallShift) {
  const auto first = normal_values(200, 4);
  auto second = first;
  RandomStream random(5, "shift");
  for (auto& value : second) {
    value += 0.05 + 0.1 * random.normal();
  }

  const auto result = compare_paired(first, second);

  EXPECT_LT(result.p_value, 0.001);
  EXPECT_LT(result.bootstrap_p_value, 0.001);
  EXPECT_GT(result.difference.low, 0);
}

TEST(PairedTest, NoShiftIsRarelySignificant) {
  int significant = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto first = normal_values(40, 2 * seed + 100);
    const auto second = normal_values(40, 2 * seed + 101);
    const auto result = compare_paired(first, second);
    significant += result.p_value < 0.05;
    // Two ways to ask the same question.
    EXPECT_NEAR(result.p_value, result.bootstrap_p_value, 0.05);
  }

  EXPECT_LE(significant, 4);
}

TEST(PairedTest, RefusesDifferentPages) {
  EXPECT_THROW(compare_paired({1, 2}, {1}), InputError);
}

TEST(HolmTest, MultipliesTheSmallestPValueByTheNumberOfTests) {
  // R: p.adjust(c(.04, .01, .03, .02), "holm"); sorted 0.01, 0.02, 0.03,
  // 0.04 times 4, 3, 2, 1, and no smaller than the one before.
  EXPECT_THAT(
      holm_adjusted({0.04, 0.01, 0.03, 0.02}),
      ElementsAre(
          DoubleNear(0.06, 1e-12),
          DoubleNear(0.04, 1e-12),
          DoubleNear(0.06, 1e-12),
          DoubleNear(0.06, 1e-12)));
}

TEST(HolmTest, NeverExceedsOneAndLeavesOneTestAlone) {
  EXPECT_THAT(holm_adjusted({0.6, 0.9}), ElementsAre(1.0, 1.0));
  EXPECT_THAT(holm_adjusted({0.03}), ElementsAre(0.03));
  EXPECT_TRUE(holm_adjusted({}).empty());
}

} // namespace
} // namespace microfiche::metrics
