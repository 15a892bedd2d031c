#include "text_compression/pooling_weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::text_compression {
namespace {

const auto kFloat = torch::TensorOptions(torch::kFloat32);

TEST(PoolingWeightsTest, MeansAverageTheIdsOfAVector) {
  const auto weights = mean_weights({4}, /*vectors=*/2, /*longest=*/4, kFloat);

  EXPECT_TRUE(torch::equal(
      weights[0], torch::tensor({{.5, .5, 0., 0.}, {0., 0., .5, .5}}, kFloat)));
}

TEST(PoolingWeightsTest, MeansAreExactWithAsManyVectorsAsIds) {
  const auto weights = mean_weights({3}, /*vectors=*/3, /*longest=*/3, kFloat);

  EXPECT_TRUE(torch::equal(weights[0], torch::eye(3)));
}

TEST(PoolingWeightsTest, MeansSpreadAShortTextOverAllVectorsInOrder) {
  const auto weights = mean_weights({2}, /*vectors=*/8, /*longest=*/2, kFloat);

  EXPECT_TRUE(torch::equal(
      weights[0].nonzero(), torch::tensor({{2, 0}, {6, 1}}, torch::kInt64)));
}

TEST(PoolingWeightsTest, PaddingHasNoWeight) {
  const auto alone = mean_weights({3}, /*vectors=*/2, /*longest=*/3, kFloat);
  const auto padded =
      mean_weights({3, 5}, /*vectors=*/2, /*longest=*/5, kFloat);

  EXPECT_TRUE(torch::equal(padded[0].narrow(1, 0, 3), alone[0]));
  EXPECT_EQ(padded[0].narrow(1, 3, 2).abs().sum().item<float>(), 0);
}

TEST(PoolingWeightsTest, TruncationKeepsTheFirstOrTheLastIdsInOrder) {
  const auto first = truncation_weights(
      {5}, /*vectors=*/2, /*longest=*/5, /*last=*/false, kFloat);
  const auto last = truncation_weights(
      {5}, /*vectors=*/2, /*longest=*/5, /*last=*/true, kFloat);

  EXPECT_TRUE(torch::equal(first[0].argmax(1), torch::tensor({0, 1})));
  EXPECT_TRUE(torch::equal(last[0].argmax(1), torch::tensor({3, 4})));
}

TEST(PoolingWeightsTest, TruncationOfAShortTextLeavesTheLastVectorsZero) {
  const auto last = truncation_weights(
      {2}, /*vectors=*/3, /*longest=*/2, /*last=*/true, kFloat);

  EXPECT_TRUE(torch::equal(
      last[0], torch::tensor({{1., 0.}, {0., 1.}, {0., 0.}}, kFloat)));
}

} // namespace
} // namespace microfiche::text_compression
