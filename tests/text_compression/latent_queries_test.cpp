#include "text_compression/latent_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::text_compression {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class LatentQueriesTest : public ::testing::Test {
 protected:
  LatentQueriesTest() {
    torch::manual_seed(0);
    queries = LatentQueries(LatentQueriesOptions(16).heads(2).max_vectors(4));
  }

  torch::Tensor forward(const torch::Tensor& embeds, int64_t length) {
    const auto ids = torch::arange(embeds.size(1), torch::kFloat32);
    return queries->forward(
        embeds,
        ((ids + 0.5) * 3 / static_cast<double>(length))
            .expand({embeds.size(0), -1}),
        (ids < static_cast<double>(length)).expand({embeds.size(0), -1}),
        /*vectors=*/3);
  }

  LatentQueries queries{nullptr};
};

TEST_F(LatentQueriesTest, GivesTheRequestedNumberOfVectors) {
  EXPECT_EQ(
      forward(torch::randn({2, 5, 16}), 5).sizes(),
      (std::vector<int64_t>{2, 3, 16}));
}

TEST_F(LatentQueriesTest, DoesNotSeePadding) {
  const auto text = torch::randn({1, 5, 16});
  const auto padded = torch::cat({text, torch::randn({1, 2, 16})}, 1);

  EXPECT_TRUE(
      torch::allclose(forward(padded, 5), forward(text, 5), 1e-5, 1e-6));
}

TEST_F(LatentQueriesTest, DependsOnTheOrderOfIds) {
  const auto text = torch::randn({1, 5, 16});

  EXPECT_FALSE(
      torch::allclose(forward(text.flip(1), 5), forward(text, 5), 1e-3, 1e-3));
}

TEST_F(LatentQueriesTest, RefusesMoreVectorsThanQueries) {
  EXPECT_THAT(
      [&] {
        queries->forward(
            torch::zeros({1, 2, 16}),
            torch::zeros({1, 2}),
            torch::ones({1, 2}, torch::kBool),
            /*vectors=*/5);
      },
      ThrowsMessage<c10::Error>(HasSubstr("raise max_vectors")));
}

TEST(
    SinusoidalEmbeddingTest,
    IsSimilarForCloseAndDifferentForDistantPositions) {
  const auto waves = sinusoidal_embedding(torch::tensor({1.5, 1.51, 5.5}), 64);
  const auto likeness = [&](int64_t a, int64_t b) {
    return waves[a].dot(waves[b]).item<float>() / 32;
  };

  EXPECT_NEAR(likeness(0, 0), 1, 1e-5);
  EXPECT_GT(likeness(0, 1), 0.9);
  EXPECT_LT(likeness(0, 2), 0.7);
}

} // namespace
} // namespace microfiche::text_compression
