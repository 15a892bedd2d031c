#include "kernels/rotary.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::kernels {
namespace {

class RotaryTest : public ::testing::TestWithParam<torch::Dtype> {};

// The layout of queries in `Attention`: the heads of a position are contiguous.
TEST_P(RotaryTest, MatchesTheReferenceBitwise) {
  torch::manual_seed(0);
  for (const int64_t rows : {1, 3}) {
    const auto x = torch::randn({3, 7, 5, 36}).to(GetParam()).transpose(1, 2);
    const auto angles = torch::randn({rows, 1, 7, 18});
    const auto cos = angles.cos().to(GetParam());
    const auto sin = angles.sin().to(GetParam());

    const auto actual = apply_rotary(x, cos, sin);

    EXPECT_TRUE(torch::equal(actual, apply_rotary_reference(x, cos, sin)));
    EXPECT_EQ(actual.strides(), x.strides());
  }
}

TEST_P(RotaryTest, HasTheGradientsOfTheReference) {
  auto x = torch::randn({1, 1, 1, 2}, GetParam()).requires_grad_();

  apply_rotary(
      x,
      torch::zeros({1, 1, 1, 1}, GetParam()),
      torch::ones({1, 1, 1, 1}, GetParam()))
      .select(-1, 0)
      .sum()
      .backward();

  // A rotation by 90 degrees: the first channel becomes minus the second.
  EXPECT_EQ(x.grad()[0][0][0][0].item<float>(), 0);
  EXPECT_EQ(x.grad()[0][0][0][1].item<float>(), -1);
}

INSTANTIATE_TEST_SUITE_P(
    Dtypes,
    RotaryTest,
    ::testing::Values(torch::kFloat32, torch::kBFloat16));

} // namespace
} // namespace microfiche::kernels
