#include "kernels/linear.h"

#include "kernels/initialization.h"

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

Linear int8_layer(int64_t in, int64_t out, bool bias) {
  Linear layer(torch::nn::LinearOptions(in, out).bias(bias));
  layer->quantize();
  return layer;
}

// Rows that fill blocks and tiles and leave a rest, on both sides of the
// largest few; widths that are whole vectors and not; channels that are whole
// blocks and not.
class LinearRowsTest : public ::testing::TestWithParam<int64_t> {};

TEST_P(LinearRowsTest, Bfloat16WeightsGiveTheExactProductOfTheRoundedNumbers) {
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

TEST_P(LinearRowsTest, Float32WeightsGiveTheExactProduct) {
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

TEST_P(LinearRowsTest, Bfloat16RowsAreRoundedOnceInTheEnd) {
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

TEST_P(LinearRowsTest, Int8WeightsGiveTheProductOfTheRoundedNumbers) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  for (const auto& [in, out] : {std::pair{64, 32}, {37, 13}}) {
    auto layer = int8_layer(in, out, /*bias=*/true);
    const auto x = torch::randn({2, GetParam(), in});
    const auto rounded = layer->weight.to(torch::kFloat64) *
        layer->weight_scale.to(torch::kFloat64).unsqueeze(1);
    const auto expected = torch::linear(
        x.to(torch::kFloat64), rounded, layer->bias.to(torch::kFloat64));

    EXPECT_LT(relative_error(layer->forward(x), expected), 1e-5);
    EXPECT_LT(
        relative_error(layer->forward(x.to(torch::kBFloat16)), expected),
        1.2e-2);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    LinearRowsTest,
    ::testing::Values(1, 2, 3, 4, 7, 9, 32, 65, 200));

TEST(LinearTest, AnInt8WeightIsWithinHalfAStepOfTheExactOne) {
  torch::manual_seed(0);
  Linear layer(torch::nn::LinearOptions(50, 20));
  const auto exact = layer->weight.detach().clone();

  layer->quantize();

  EXPECT_EQ(layer->weight.scalar_type(), torch::kInt8);
  EXPECT_EQ(layer->weight.abs().amax(1).min().item<int64_t>(), 127);
  const auto step = layer->weight_scale.unsqueeze(1);
  const auto error = (layer->weight * step - exact).abs();
  EXPECT_TRUE((error <= step * 0.5001).all().item<bool>());
}

TEST(LinearTest, AChannelOfZerosStaysZero) {
  Linear layer(torch::nn::LinearOptions(8, 3).bias(false));
  {
    const torch::NoGradGuard no_grad;
    layer->weight[1].zero_();
  }

  layer->quantize();

  const auto y = layer->forward(torch::ones({1, 8}));
  EXPECT_EQ(y[0][1].item<float>(), 0);
  EXPECT_TRUE(y.isfinite().all().item<bool>());
}

TEST(LinearTest, StartsAndLearnsLikeLibTorchsOwn) {
  torch::manual_seed(0);
  torch::nn::Linear expected(7, 5);
  torch::manual_seed(0);
  Linear actual(torch::nn::LinearOptions(7, 5));
  EXPECT_TRUE(torch::equal(actual->weight, expected->weight));
  EXPECT_TRUE(torch::equal(actual->bias, expected->bias));

  const auto x = torch::randn({3, 7});
  expected->forward(x).square().sum().backward();
  actual->forward(x).square().sum().backward();
  EXPECT_TRUE(torch::equal(actual->weight.grad(), expected->weight.grad()));
}

TEST(LinearTest, WritesWhereItIsTold) {
  const torch::InferenceMode inference;
  const auto x = torch::randn({2, 16});
  auto layer = int8_layer(16, 4, /*bias=*/false);
  const auto exact = torch::randn({4, 16});
  auto out = torch::zeros({4, 4});

  kernels::linears(
      {{x, layer->weight, {}, layer->weight_scale, out.narrow(0, 0, 2)},
       {x, exact, {}, {}, out.narrow(0, 2, 2)}});

  EXPECT_TRUE(torch::equal(out.narrow(0, 0, 2), layer->forward(x)));
  EXPECT_TRUE(torch::equal(out.narrow(0, 2, 2), kernels::linear(x, exact)));
}

/// With as many threads.
torch::Tensor linear_with_threads(
    int threads,
    const torch::Tensor& x,
    const torch::Tensor& weight) {
  const int before = at::get_num_threads();
  at::set_num_threads(threads);
  const auto y = kernels::linear(x, weight);
  at::set_num_threads(before);
  return y;
}

TEST(LinearTest, TheNumberOfThreadsChangesNoBit) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    const auto weight = torch::randn({260, 256}).to(dtype);
    for (const int64_t rows :
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 95, 96, 97, 250}) {
      const auto x = torch::randn({rows, 256}).to(dtype);
      const auto expected = linear_with_threads(1, x, weight);

      for (const int threads : {2, 3, 4}) {
        EXPECT_TRUE(
            torch::equal(linear_with_threads(threads, x, weight), expected))
            << rows << " rows of " << dtype << ", " << threads << " threads";
      }
    }
  }
}

TEST(LinearTest, ARowOfFloat32IsAnsweredAlikeInAnyCompany) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  const auto weight = torch::randn({30, 100});
  const auto x = torch::randn({16, 100});
  const auto together = kernels::linear(x, weight);

  for (int64_t i = 0; i < x.size(0); ++i) {
    EXPECT_TRUE(torch::equal(kernels::linear(x[i], weight), together[i])) << i;
  }
}

TEST(LinearTest, ANanOfTheWeightsIsNotHidden) {
  const torch::InferenceMode inference;
  auto weight = torch::ones({4, 16}, torch::kBFloat16);
  weight[2][3] = std::numeric_limits<float>::quiet_NaN();

  const auto y =
      kernels::linear(torch::ones({1, 16}, torch::kBFloat16), weight);

  EXPECT_TRUE(y[0][2].isnan().item<bool>());
  EXPECT_EQ(y[0][0].item<float>(), 16);
}

TEST(LinearTest, WithoutInitializationNothingIsDrawn) {
  torch::manual_seed(0);
  const auto expected = torch::rand({1});
  torch::manual_seed(0);
  {
    const SkipInitialization skip;
    Linear layer(torch::nn::LinearOptions(7, 5));
    EXPECT_EQ(layer->weight.sizes(), (std::vector<int64_t>{5, 7}));
  }
  EXPECT_FALSE(SkipInitialization::is_on());
  EXPECT_TRUE(torch::equal(torch::rand({1}), expected));
}

TEST(LinearTest, SaysWhatDoesNotFit) {
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

/// A layer with a low-rank addition that does something.
Linear low_rank_layer(double dropout) {
  torch::manual_seed(2);
  Linear layer(torch::nn::LinearOptions(12, 7));
  layer->add_low_rank(/*rank=*/3, /*scale=*/0.5, dropout);
  const torch::NoGradGuard no_grad;
  layer->low_rank()->b.normal_();
  layer->eval();
  return layer;
}

TEST(LowRankTest, IsScaledAndAddedToTheProduct) {
  auto layer = low_rank_layer(/*dropout=*/0);
  const auto x = torch::randn({2, 5, 12});

  const auto actual = layer->forward(x);

  const auto weight =
      layer->weight + 0.5 * layer->low_rank()->b.matmul(layer->low_rank()->a);
  EXPECT_TRUE(torch::allclose(
      actual, torch::linear(x, weight, layer->bias), 1e-4, 1e-5));
}

TEST(LowRankTest, MergedGivesTheSameWithoutItsMatrices) {
  auto layer = low_rank_layer(/*dropout=*/0);
  const auto x = torch::randn({5, 12});
  const auto expected = layer->forward(x);

  layer->merge_low_rank();

  EXPECT_TRUE(torch::allclose(layer->forward(x), expected, 1e-4, 1e-5));
  EXPECT_EQ(layer->parameters().size(), 2);
  EXPECT_EQ(layer->low_rank(), nullptr);
}

TEST(LowRankTest, DropsNumbersWhileTrainingOnly) {
  auto layer = low_rank_layer(/*dropout=*/0.5);
  const auto x = torch::randn({5, 12});

  EXPECT_TRUE(torch::equal(layer->forward(x), layer->forward(x)));
  layer->train();
  EXPECT_FALSE(torch::equal(layer->forward(x), layer->forward(x)));
}

TEST(LowRankTest, StandsBesideAnInt8Weight) {
  const torch::InferenceMode inference;
  auto layer = low_rank_layer(/*dropout=*/0);
  const auto x = torch::randn({2, 12});
  const auto expected = layer->forward(x);

  layer->quantize();

  EXPECT_LT(relative_error(layer->forward(x), expected), 0.02);
}

} // namespace
} // namespace microfiche::kernels
