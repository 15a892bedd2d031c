#include "kernels/convolution.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::kernels {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Side, stride and padding of a kernel.
struct Shape {
  int64_t side;
  int64_t stride;
  int64_t padding;
};

// The shapes of the encoder: neck (two), compressor, patch embedding.
constexpr Shape kShapes[] = {{1, 1, 0}, {3, 1, 1}, {3, 2, 1}, {4, 4, 0}};

class ConvolutionTest : public ::testing::TestWithParam<Shape> {};

TEST_P(ConvolutionTest, MatchesTheReference) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  const auto [side, stride, padding] = GetParam();
  const auto x = torch::randn({2, 5, 12, 8});
  const auto weight = torch::randn({7, 5, side, side});
  const auto bias = torch::randn({7});
  const auto exact = convolution_reference(
      x.to(torch::kFloat64),
      weight.to(torch::kFloat64),
      bias.to(torch::kFloat64),
      stride,
      padding);

  const auto y = convolution(x, weight, bias, stride, padding);
  const auto rounded = convolution(
      x.to(torch::kBFloat16),
      weight.to(torch::kBFloat16),
      bias.to(torch::kBFloat16),
      stride,
      padding);

  ASSERT_EQ(y.sizes(), exact.sizes());
  EXPECT_TRUE(torch::allclose(y.to(torch::kFloat64), exact, 1e-5, 1e-5));
  EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
  // Inputs of 8 significant bits, sums of up to 80 products.
  EXPECT_TRUE(torch::allclose(rounded.to(torch::kFloat64), exact, 2e-2, 2e-1));
}

TEST_P(ConvolutionTest, TheNumberOfThreadsChangesNoBit) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  const auto [side, stride, padding] = GetParam();
  const auto x = torch::randn({5, 96, 16, 16});
  const auto weight = torch::randn({128, 96, side, side});
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto expected = convolution(x, weight, {}, stride, padding);

  for (const int threads : {2, 3, 4}) {
    at::set_num_threads(threads);
    EXPECT_TRUE(
        torch::equal(convolution(x, weight, {}, stride, padding), expected))
        << threads << " threads";
  }
  at::set_num_threads(before);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvolutionTest, ::testing::ValuesIn(kShapes));

TEST(ConvolutionErrorTest, RefusesShapesThatDoNotFit) {
  EXPECT_THAT(
      [] {
        convolution(
            torch::ones({1, 2, 4, 4}), torch::ones({3, 5, 3, 3}), {}, 1, 1);
      },
      ThrowsMessage<c10::Error>(HasSubstr("expected x of shape (B, 5, H, W)")));
}

} // namespace
} // namespace microfiche::kernels
