#include "decoder/cpu/top_k_routing.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace microfiche::decoder {
namespace {

TEST(TopKRoutingTest, MatchesSoftmaxAndTopK) {
  torch::manual_seed(0);
  const auto logits = torch::randn({64}) * 3;
  const auto [expected_weights, expected_ids] =
      torch::softmax(logits, 0).topk(6);
  auto used = logits.clone();
  std::vector<int64_t> ids(6);
  auto weights = torch::empty({6});

  route_token(
      {64, 6},
      used.mutable_data_ptr<float>(),
      ids.data(),
      weights.mutable_data_ptr<float>());

  EXPECT_TRUE(torch::equal(torch::tensor(ids), expected_ids));
  EXPECT_TRUE(torch::allclose(weights, expected_weights, 1e-6, 0));
}

TEST(TopKRoutingTest, NormalizedWeightsSumToTheScalingFactor) {
  std::vector<float> logits = {0.5F, -1, 2, 0};
  std::vector<int64_t> ids(2);
  std::vector<float> weights(2);

  route_token(
      {4, 2, /*norm_topk_prob=*/true, /*scaling_factor=*/2.5F},
      logits.data(),
      ids.data(),
      weights.data());

  EXPECT_EQ(ids, (std::vector<int64_t>{2, 0}));
  EXPECT_NEAR(weights[0] + weights[1], 2.5F, 1e-6);
  // Normalizing keeps the ratio of the softmax, e^(2 - 0.5).
  EXPECT_NEAR(weights[0] / weights[1], std::exp(1.5F), 1e-5);
}

TEST(TopKRoutingTest, NanLogitsGiveDistinctValidExperts) {
  std::vector<float> logits(4, std::numeric_limits<float>::quiet_NaN());
  std::vector<int64_t> ids(3);
  std::vector<float> weights(3);

  route_token({4, 3}, logits.data(), ids.data(), weights.data());

  EXPECT_EQ(std::set(ids.begin(), ids.end()), (std::set<int64_t>{0, 1, 2}));
  EXPECT_TRUE(std::isnan(weights[0]));
}

} // namespace
} // namespace microfiche::decoder
