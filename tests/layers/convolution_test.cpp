#include "layers/convolution.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::layers {
namespace {

TEST(ConvolutionTest, StartsAndTrainsLikeTorchConv2d) {
  torch::manual_seed(0);
  torch::nn::Conv2d expected(
      torch::nn::Conv2dOptions(3, 6, /*kernel_size=*/3).stride(2).padding(1));
  torch::manual_seed(0);
  Convolution actual(
      ConvolutionOptions(3, 6, /*kernel_size=*/3).stride(2).padding(1));
  EXPECT_TRUE(torch::equal(actual->weight, expected->weight));
  EXPECT_TRUE(torch::equal(actual->bias, expected->bias));

  const auto x = torch::randn({2, 3, 8, 8});
  expected->forward(x).square().sum().backward();
  actual->forward(x).square().sum().backward();
  EXPECT_TRUE(torch::equal(actual->weight.grad(), expected->weight.grad()));
}

} // namespace
} // namespace microfiche::layers
