#include "kernels/linear.h"

#include "kernels/cpu/linear.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::kernels {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Largest difference over the largest expected value.
double relative_error(
    const torch::Tensor& actual,
    const torch::Tensor& expected) {
  const auto exact = expected.to(torch::kFloat64);
  return ((actual.to(torch::kFloat64) - exact).abs().max() / exact.abs().max())
      .item<double>();
}

/// An int8 weight and its scales.
struct Int8Weight {
  torch::Tensor weight; // (out, in)
  torch::Tensor scale; // (out)
};

Int8Weight make_int8_weight(int64_t in, int64_t out) {
  return {
      torch::randint(-127, 128, {out, in}, torch::kInt8),
      torch::rand({out}) * 0.01 + 0.001};
}

// Row counts that fill blocks and tiles exactly and that leave a rest, below
// and above kFewRows; widths and channels that are whole vectors and that are
// not.
class LinearRowsTest : public ::testing::TestWithParam<int64_t> {};

TEST_P(LinearRowsTest, MultipliesBfloat16WeightsExactly) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  for (const auto& [in, out] : {std::pair{64, 32}, {37, 13}, {1280, 66}}) {
    const auto x = torch::randn({GetParam(), in});
    const auto weight = torch::randn({out, in}).to(torch::kBFloat16);
    const auto bias = torch::randn({out}).to(torch::kBFloat16);
    const auto expected = torch::linear(
        x.to(torch::kFloat64),
        weight.to(torch::kFloat64),
        bias.to(torch::kFloat64));

    const auto actual = kernels::linear(x, weight, bias);

    EXPECT_EQ(actual.scalar_type(), torch::kFloat32);
    EXPECT_EQ(actual.sizes(), expected.sizes());
    // Sums of up to 1,280 float32 products.
    EXPECT_LT(relative_error(actual, expected), 1e-5) << in << " " << out;
  }
}

TEST_P(LinearRowsTest, MultipliesFloat32WeightsExactly) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  for (const auto& [in, out] : {std::pair{64, 32}, {37, 13}, {1280, 66}}) {
    const auto x = torch::randn({GetParam(), in});
    const auto weight = torch::randn({out, in});
    const auto bias = torch::randn({out});
    const auto expected = torch::linear(
        x.to(torch::kFloat64),
        weight.to(torch::kFloat64),
        bias.to(torch::kFloat64));

    EXPECT_LT(relative_error(kernels::linear(x, weight, bias), expected), 1e-5)
        << in << " " << out;
  }
}

TEST_P(LinearRowsTest, RoundsBfloat16ResultsOnce) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  const auto x = torch::randn({GetParam(), 129}).to(torch::kBFloat16);
  const auto weight = torch::randn({31, 129}).to(torch::kBFloat16);
  const auto exact =
      torch::linear(x.to(torch::kFloat64), weight.to(torch::kFloat64));

  const auto actual = kernels::linear(x, weight);

  EXPECT_EQ(actual.scalar_type(), torch::kBFloat16);
  // bfloat16 keeps 8 significant bits: half a unit is 2^-8 of the value.
  const auto error = (actual.to(torch::kFloat64) - exact).abs();
  EXPECT_TRUE((error <= exact.abs() * 0.00391 + 1e-5).all().item<bool>());
}

TEST_P(LinearRowsTest, MultipliesInt8WeightsExactly) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  for (const auto& [in, out] : {std::pair{64, 32}, {37, 13}}) {
    const auto [weight, scale] = make_int8_weight(in, out);
    const auto bias = torch::randn({out});
    const auto x = torch::randn({2, GetParam(), in});
    const auto rounded =
        weight.to(torch::kFloat64) * scale.to(torch::kFloat64).unsqueeze(1);
    const auto expected =
        torch::linear(x.to(torch::kFloat64), rounded, bias.to(torch::kFloat64));

    EXPECT_LT(
        relative_error(kernels::linear(x, weight, bias, scale), expected),
        1e-5);
    EXPECT_LT(
        relative_error(
            kernels::linear(x.to(torch::kBFloat16), weight, bias, scale),
            expected),
        1.2e-2);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    LinearRowsTest,
    ::testing::Values(1, 2, 3, 4, 7, 9, 32, 65, 200));

/// `linear_cpu_widened`, also on a processor with instructions for bfloat16.
torch::Tensor widened_linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias) {
  const auto y = torch::empty({x.size(0), weight.size(0)});
  LinearProduct product;
  product.x = x.const_data_ptr();
  product.y = y.mutable_data_ptr();
  product.rows = x.size(0);
  product.in = x.size(1);
  product.out = weight.size(0);
  product.weight = weight.const_data_ptr();
  product.bias = bias.const_data_ptr<float>();
  linear_cpu_widened(product, 0, product.out);
  return y;
}

TEST(LinearTest, WidenedWeightsAreMultipliedInFloat32) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  // Whole vectors and rests; 5,000 terms are added in several passes.
  for (const auto& [in, out] : {std::pair{64, 32}, {37, 13}, {5000, 66}}) {
    const auto weight = torch::randn({out, in}).to(torch::kBFloat16);
    const auto bias = torch::randn({out});
    for (const int64_t rows : {1, 2, 5, 6, 13, 96}) {
      const auto x = torch::randn({rows, in});
      const auto y = widened_linear(x, weight, bias);

      EXPECT_LT(
          relative_error(y, torch::linear(x, weight.to(torch::kFloat32), bias)),
          2e-6)
          << rows << " rows, " << in << " x " << out;
      // A row does not depend on the others.
      EXPECT_TRUE(torch::equal(
          widened_linear(x.narrow(0, rows - 1, 1), weight, bias)[0],
          y[rows - 1]));
    }
  }
}

TEST(LinearTest, WritesToOut) {
  const torch::InferenceMode inference;
  const auto x = torch::randn({2, 16});
  const auto [weight, scale] = make_int8_weight(16, 4);
  const auto exact = torch::randn({4, 16});
  auto out = torch::zeros({4, 4});

  grouped_linear(
      {{x, weight, {}, scale, out.narrow(0, 0, 2)},
       {x, exact, {}, {}, out.narrow(0, 2, 2)}});

  EXPECT_TRUE(
      torch::equal(out.narrow(0, 0, 2), kernels::linear(x, weight, {}, scale)));
  EXPECT_TRUE(torch::equal(out.narrow(0, 2, 2), kernels::linear(x, exact)));
}

/// `linear` with a given number of threads.
torch::Tensor linear_with_threads(
    int threads,
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& scale) {
  const int before = at::get_num_threads();
  at::set_num_threads(threads);
  const auto y = kernels::linear(x, weight, {}, scale);
  at::set_num_threads(before);
  return y;
}

TEST(LinearTest, TheNumberOfThreadsChangesNoBit) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  const std::vector<std::pair<torch::Dtype, torch::Dtype>> dtypes = {
      {torch::kFloat32, torch::kFloat32},
      {torch::kBFloat16, torch::kBFloat16},
      {torch::kFloat32, torch::kBFloat16},
      {torch::kFloat32, torch::kHalf},
      {torch::kFloat32, torch::kInt8},
      {torch::kBFloat16, torch::kInt8}};
  const auto narrow = make_int8_weight(256, 260);
  for (const auto& [dtype, weight_dtype] : dtypes) {
    const bool is_int8 = weight_dtype == torch::kInt8;
    const auto weight =
        is_int8 ? narrow.weight : torch::randn({260, 256}).to(weight_dtype);
    const auto scale = is_int8 ? narrow.scale : torch::Tensor();
    for (const int64_t rows :
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 95, 96, 97, 250}) {
      const auto x = torch::randn({rows, 256}).to(dtype);
      const auto expected = linear_with_threads(1, x, weight, scale);

      for (const int threads : {2, 3, 4}) {
        EXPECT_TRUE(torch::equal(
            linear_with_threads(threads, x, weight, scale), expected))
            << rows << " rows of " << dtype << " by " << weight_dtype << ", "
            << threads << " threads";
      }
    }
  }
}

TEST(LinearTest, AFloat32RowDoesNotDependOnTheOtherRows) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  const auto weight = torch::randn({30, 100});
  const auto x = torch::randn({16, 100});
  const auto together = kernels::linear(x, weight);

  for (int64_t i = 0; i < x.size(0); ++i) {
    EXPECT_TRUE(torch::equal(kernels::linear(x[i], weight), together[i])) << i;
  }
}

TEST(LinearTest, PropagatesANanOfTheWeights) {
  const torch::InferenceMode inference;
  auto weight = torch::ones({4, 16}, torch::kBFloat16);
  weight[2][3] = std::numeric_limits<float>::quiet_NaN();

  const auto y =
      kernels::linear(torch::ones({1, 16}, torch::kBFloat16), weight);

  EXPECT_TRUE(y[0][2].isnan().item<bool>());
  EXPECT_EQ(y[0][0].item<float>(), 16);
}

TEST(LinearTest, RefusesShapesThatDoNotFit) {
  EXPECT_THAT(
      [] {
        kernels::linear(torch::ones({2, 5}), torch::ones({3, 4}));
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("expected x of shape (..., 4), got [2, 5]")));
  EXPECT_THAT(
      [] {
        kernels::linear(torch::ones({2, 4}), torch::ones({3, 4}, torch::kInt8));
      },
      ThrowsMessage<c10::Error>(HasSubstr("without scales")));
}

} // namespace
} // namespace microfiche::kernels
