#include "kernels/attention.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::kernels {
namespace {

TEST(AttentionTest, MatchesTheReferenceCausally) {
  torch::manual_seed(0);
  const auto q = torch::randn({2, 3, 9, 8});
  const auto k = torch::randn({2, 3, 9, 8});
  const auto v = torch::randn({2, 3, 9, 8});

  const auto actual = attention(q, k, v, std::nullopt, /*causal=*/true);

  const auto expected =
      attention_reference(q, k, v, std::nullopt, /*causal=*/true);
  EXPECT_TRUE(torch::allclose(actual, expected, 1e-5, 1e-6));
}

TEST(AttentionTest, MatchesTheReferenceUnderAMask) {
  torch::manual_seed(0);
  const auto q = torch::randn({2, 3, 5, 8});
  const auto k = torch::randn({2, 3, 9, 8});
  const auto v = torch::randn({2, 3, 9, 8});
  const auto visible = torch::rand({2, 1, 5, 9}) < 0.6;
  visible.select(-1, 0).fill_(true);

  const auto actual = attention(q, k, v, visible);

  const auto expected = attention_reference(q, k, v, visible);
  EXPECT_TRUE(torch::allclose(actual, expected, 1e-5, 1e-6));
}

TEST(AttentionTest, ShortTrainingInBFloat16HasTheGradientsOfFloat32) {
  torch::manual_seed(0);
  const auto gradient_of_q = [](torch::Dtype dtype) {
    torch::manual_seed(1);
    const auto q = torch::randn({2, 2, 16, 8}).to(dtype).requires_grad_();
    const auto k = torch::randn({2, 2, 16, 8}).to(dtype);
    const auto v = torch::randn({2, 2, 16, 8}).to(dtype);
    attention(q, k, v).square().sum().backward();
    return q.grad().to(torch::kFloat32);
  };

  const auto expected = gradient_of_q(torch::kFloat32);
  const auto actual = gradient_of_q(torch::kBFloat16);

  // Every step rounds to 8 bits, 4e-3; about ten steps lie between.
  const auto error = (actual - expected).abs().max() / expected.abs().max();
  EXPECT_LT(error.item<double>(), 4e-2);
}

} // namespace
} // namespace microfiche::kernels
