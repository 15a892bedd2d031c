#include "text_compression/conv_pyramid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::text_compression {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ConvPyramidTest, EachLevelHalvesTheLength) {
  torch::manual_seed(0);
  ConvPyramid pyramid(ConvPyramidOptions(8).levels(3));

  EXPECT_EQ(
      pyramid->forward(torch::randn({2, 24, 8})).sizes(),
      (std::vector<int64_t>{2, 3, 8}));
}

TEST(ConvPyramidTest, IsTheGeluOfAMeanIfItsConvolutionsAreZero) {
  ConvPyramid pyramid(ConvPyramidOptions(4).levels(1));
  const torch::NoGradGuard no_grad;
  pyramid->blocks[0]->as<ConvLevel>()->halve_norm->weight.zero_();
  const auto x = torch::randn({1, 6, 4});

  const auto means = (x.slice(1, 0, 6, 2) + x.slice(1, 1, 6, 2)) / 2;
  EXPECT_TRUE(torch::allclose(
      pyramid->forward(x), torch::gelu(means), /*rtol=*/1e-5, /*atol=*/1e-6));
}

TEST(ConvPyramidTest, DependsOnTheOrderOfIdsInASpan) {
  torch::manual_seed(0);
  ConvPyramid pyramid(ConvPyramidOptions(8).levels(2));
  const auto x = torch::randn({1, 4, 8});

  EXPECT_FALSE(torch::allclose(
      pyramid->forward(x), pyramid->forward(x.flip(1)), 1e-3, 1e-3));
}

TEST(ConvPyramidTest, RefusesALengthThatIsNoMultiple) {
  ConvPyramid pyramid(ConvPyramidOptions(8).levels(3));

  EXPECT_THAT(
      [&] {
        pyramid->forward(torch::zeros({1, 12, 8}));
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("expected (B, n * 8, 8), got [1, 12, 8]")));
}

} // namespace
} // namespace microfiche::text_compression
