#include "kernels/cpu/silu_product.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

namespace microfiche::kernels {
namespace {

torch::Tensor silu_product(const torch::Tensor& gate, const torch::Tensor& up) {
  auto y = torch::empty_like(gate);
  silu_product_cpu(
      gate.const_data_ptr(),
      up.const_data_ptr(),
      y.mutable_data_ptr(),
      gate.scalar_type() == torch::kBFloat16,
      gate.numel());
  return y;
}

TEST(SiluProductTest, MatchesAtenInFloat32) {
  torch::manual_seed(0);
  const auto gate = torch::randn({3, 1000}) * 10;
  const auto up = torch::randn({3, 1000});

  const auto expected = torch::silu(gate) * up;

  // The exponential has a relative error of 2e-7, like ATen's.
  EXPECT_TRUE(torch::allclose(
      silu_product(gate, up), expected, /*rtol=*/1e-6, /*atol=*/1e-30));
}

TEST(SiluProductTest, MatchesAtenInBfloat16) {
  torch::manual_seed(0);
  const auto gate = (torch::randn({37, 1001}) * 4).to(torch::kBFloat16);
  const auto up = torch::randn({37, 1001}).to(torch::kBFloat16);

  const auto actual = silu_product(gate, up);
  const auto expected = torch::silu(gate) * up;

  EXPECT_TRUE(torch::allclose(
      actual.to(torch::kFloat32),
      expected.to(torch::kFloat32),
      /*rtol=*/1.0 / 64,
      /*atol=*/0));
  EXPECT_LT((actual != expected).sum().item<int64_t>(), gate.numel() / 1000);
}

TEST(SiluProductTest, LargeNumbersDoNotOverflow) {
  const auto gate = torch::tensor({-1e4F, -100.0F, 100.0F, 1e4F});

  const auto y = silu_product(gate, torch::ones({4}));

  EXPECT_TRUE(torch::allclose(
      y, torch::tensor({0.0F, 0.0F, 100.0F, 1e4F}), 1e-6, 1e-30));
}

TEST(SiluProductTest, NanStaysNan) {
  const auto gate = torch::full({2}, std::numeric_limits<float>::quiet_NaN());

  EXPECT_TRUE(
      torch::isnan(silu_product(gate, torch::ones({2}))).all().item<bool>());
}

} // namespace
} // namespace microfiche::kernels
