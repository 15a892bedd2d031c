#include "training/optimizer/weight_average.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

TEST(WeightAverageTest, FollowsTheWeights) {
  auto weight = torch::zeros({2});
  WeightAverage average(with_masters({{"w", weight}}), /*decay=*/0.5);

  // (1 + n) / (10 + n) is 2/11 and 3/12, below the decay.
  weight.fill_(11.0);
  average.update(1);
  EXPECT_NEAR(average.state().at("average.w")[0].item<double>(), 9, 1e-5);
  weight.fill_(1.0);
  average.update(2);
  EXPECT_NEAR(average.state().at("average.w")[0].item<double>(), 3, 1e-5);
  weight.fill_(5.0);
  average.update(1000);
  EXPECT_NEAR(average.state().at("average.w")[0].item<double>(), 4, 1e-5);
}

TEST(WeightAverageTest, SwapsWithTheWeightsAndBack) {
  const auto weight = torch::ones({2}, torch::kBFloat16);
  WeightAverage average(with_masters({{"w", weight}}), /*decay=*/0.9);
  average.state().at("average.w").fill_(3.0);

  average.swap();
  EXPECT_EQ(weight[0].item<double>(), 3);
  average.swap();
  EXPECT_EQ(weight[0].item<double>(), 1);
  EXPECT_EQ(average.state().at("average.w")[0].item<double>(), 3);
}

} // namespace
} // namespace microfiche::training
