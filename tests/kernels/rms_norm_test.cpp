#include "kernels/rms_norm.h"

#include "tests/kernels/dtype_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::kernels {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class RmsNormTest : public ::testing::TestWithParam<DtypeCase> {};

TEST_P(RmsNormTest, IsThatOfLibTorch) {
  const auto [device, dtype, tolerance] = GetParam();
  if (device == torch::kCUDA && !torch::cuda::is_available()) {
    GTEST_SKIP() << "no GPU on this machine";
  }
  torch::manual_seed(0);
  // 320 is a multiple of a 16-byte load; 37 is not.
  for (const int64_t width : {320, 37}) {
    const auto x = torch::randn({2, 7, width});
    const auto weight = torch::rand({width}) + 0.5;

    const auto expected = torch::rms_norm(x, {width}, weight, 1e-6);
    const auto actual = rms_norm(x.to(device, dtype), weight.to(device, dtype));

    EXPECT_EQ(actual.scalar_type(), dtype);
    const auto difference =
        (actual.to(torch::kCPU, torch::kFloat32) - expected).abs().max();
    EXPECT_LT(
        difference.item<double>(),
        tolerance * expected.abs().max().item<double>());
  }
}

// bfloat16 keeps 8 significant bits, 2^-8 = 4e-3, here rounded three times: x,
// the normalised value and the product.
INSTANTIATE_TEST_SUITE_P(
    Dtypes,
    RmsNormTest,
    ::testing::Values(
        DtypeCase{torch::kCPU, torch::kFloat32, 1e-6},
        DtypeCase{torch::kCPU, torch::kBFloat16, 1.2e-2},
        DtypeCase{torch::kCUDA, torch::kFloat32, 1e-5},
        DtypeCase{torch::kCUDA, torch::kFloat16, 2e-3},
        DtypeCase{torch::kCUDA, torch::kBFloat16, 1.2e-2}),
    ::testing::PrintToStringParamName());

TEST(RmsNormGradientTest, TheSumOfSquaresHasNoGradient) {
  torch::manual_seed(0);
  const auto x = torch::randn({5, 16}).requires_grad_();
  const auto weight = torch::ones({16}).requires_grad_();

  rms_norm(x, weight, /*eps=*/0).square().sum().backward();

  // The squares of a normalised row sum to its width for any x.
  EXPECT_LT(x.grad().abs().max().item<double>(), 1e-5);
  EXPECT_NEAR(weight.grad().sum().item<double>(), 2.0 * 5 * 16, 1e-3);
}

TEST(RmsNormGradientTest, ChangesNoBitOfTheResultOrTheInput) {
  torch::manual_seed(0);
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    const auto x = torch::randn({5, 320}).to(dtype);
    const auto weight = (torch::rand({320}) + 0.5).to(dtype);
    const auto before = x.clone();

    const auto plain = rms_norm(x, weight);

    const auto with_gradient = rms_norm(x.clone().requires_grad_(), weight);
    EXPECT_TRUE(torch::equal(plain, with_gradient)) << dtype;
    EXPECT_TRUE(torch::equal(x, before)) << dtype;
  }
}

TEST(RmsNormErrorTest, RefusesAWeightOfAnotherWidth) {
  EXPECT_THAT(
      [] {
        rms_norm(torch::zeros({2, 8}), torch::ones({7}));
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("expected weight of shape (8,), the last dimension of x, "
                    "got [7]")));
}

} // namespace
} // namespace microfiche::kernels
