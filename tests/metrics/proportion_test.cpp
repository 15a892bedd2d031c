#include "metrics/proportion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace microfiche::metrics {
namespace {

// The ends are those of scipy 1.17.1:
// binomtest(correct, probes).proportion_ci(method="wilson").
TEST(ProportionTest, WilsonsIntervalAgreesWithScipy) {
  const auto half = wilson_proportion(5, 10);
  EXPECT_NEAR(half.low, 0.236593090512564, 1e-12);
  EXPECT_NEAR(half.high, 0.763406909487436, 1e-12);

  const auto most = wilson_proportion(81, 263);
  EXPECT_NEAR(most.low, 0.255288519878274, 1e-12);
  EXPECT_NEAR(most.high, 0.366209576982800, 1e-12);
}

TEST(ProportionTest, NoCorrectAnswerIsNotNoUncertainty) {
  const auto none = wilson_proportion(0, 10);

  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.277532799862889, 1e-12);
  EXPECT_EQ(wilson_proportion(10, 10).high, 1);
}

TEST(ProportionTest, WithoutProbesThereIsNoShare) {
  EXPECT_TRUE(std::isnan(wilson_proportion(0, 0).share));
  EXPECT_TRUE(std::isnan(clustered_proportion({}).low));
}

TEST(ProportionTest, DependentAnswersHaveAWiderInterval) {
  // 20 conversations of which each is known whole or not at all: as uncertain
  // as 20 probes, not as 400.
  std::vector<ClusterCount> clusters;
  for (int i = 0; i < 20; ++i) {
    clusters.push_back({20, i % 2 == 0 ? 20 : 0});
  }

  const auto clustered = clustered_proportion(clusters);
  const auto independent = wilson_proportion(200, 400);
  const auto of_20 = wilson_proportion(10, 20);

  EXPECT_EQ(clustered.share, 0.5);
  EXPECT_NEAR(clustered.high - clustered.low, of_20.high - of_20.low, 0.06);
  EXPECT_GT(
      clustered.high - clustered.low, 3 * (independent.high - independent.low));
}

TEST(ProportionTest, AConversationCountsByItsProbes) {
  const auto shares = clustered_proportion({{90, 90}, {10, 0}});

  EXPECT_EQ(shares.share, 0.9);
  EXPECT_EQ(shares.low, 0);
  EXPECT_EQ(shares.high, 1);
}

TEST(ProportionTest, EqualAnswersHaveWilsonsInterval) {
  EXPECT_EQ(clustered_proportion({{5, 5}, {5, 5}}), wilson_proportion(10, 10));
}

} // namespace
} // namespace microfiche::metrics
