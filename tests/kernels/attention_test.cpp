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

// The layout of a decoding step: keys and values in a cache, rows of different
// lengths.
TEST(AttentionTest, OneQueryMatchesTheReference) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  for (const int64_t head_dim : {128, 20}) {
    const auto keys = torch::randn({3, 70, 4, head_dim});
    const auto values = torch::randn({3, 70, 4, head_dim});
    const auto q = torch::randn({3, 4, 1, head_dim});
    const auto k = keys.narrow(1, 0, 61).transpose(1, 2);
    const auto v = values.narrow(1, 0, 61).transpose(1, 2);
    const auto visible =
        torch::arange(61) < torch::tensor({1, 37, 61}).view({3, 1, 1, 1});

    for (const auto& mask :
         {std::optional<torch::Tensor>(), std::optional(visible)}) {
      const auto expected = attention_reference(q, k, v, mask);
      EXPECT_TRUE(
          torch::allclose(attention(q, k, v, mask), expected, 1e-5, 1e-6));

      const auto round = [](const torch::Tensor& x) {
        return x.to(torch::kBFloat16);
      };
      const auto of_rounded = attention_reference(
          round(q).to(torch::kFloat64),
          round(k).to(torch::kFloat64),
          round(v).to(torch::kFloat64),
          mask);
      const auto rounded = attention(round(q), round(k), round(v), mask);
      EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
      // Probabilities and output are rounded to 8 bits: half a unit of the
      // output is 2^-8, and the sum of the rounded probabilities is off by
      // less.
      EXPECT_TRUE(torch::allclose(
          rounded.to(torch::kFloat64), of_rounded, 0.0082, 4e-3));
    }
  }
}

TEST(AttentionTest, OneQueryPropagatesNan) {
  const torch::InferenceMode inference;
  const auto q = torch::ones({1, 1, 1, 16});
  auto k = torch::ones({1, 1, 3, 16});
  k[0][0][1][5] = std::numeric_limits<float>::quiet_NaN();

  EXPECT_TRUE(attention(q, k, k).isnan().all().item<bool>());
}

TEST(AttentionTest, ShortBfloat16SequencesHaveTheGradientsOfFloat32) {
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

  // About ten steps, each of which rounds to 8 bits, 4e-3.
  const auto error = (actual - expected).abs().max() / expected.abs().max();
  EXPECT_LT(error.item<double>(), 4e-2);
}

} // namespace
} // namespace microfiche::kernels
