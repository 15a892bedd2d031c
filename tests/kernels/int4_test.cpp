#include "kernels/int4.h"

#include "kernels/linear.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <ostream>

namespace microfiche::kernels {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

double squared_error(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).to(torch::kFloat64).square().sum().item<double>();
}

torch::Tensor
round_trip(const torch::Tensor& weight, int64_t group, bool zero_points) {
  const auto rounded = quantize_int4(weight, group, zero_points);
  return dequantize_int4(rounded.packed, rounded.scale, torch::kFloat32);
}

TEST(Int4Test, PacksTheFirstNumberIntoTheLowestBits) {
  const auto numbers = torch::arange(-8, 8, torch::kInt8).view({2, 8});

  const auto packed = pack_int4(numbers);

  EXPECT_EQ(packed.sizes(), (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(packed[0][0].item<int32_t>(), 0x76543210);
  EXPECT_EQ(static_cast<uint32_t>(packed[1][0].item<int32_t>()), 0xFEDCBA98U);
  EXPECT_TRUE(torch::equal(unpack_int4(packed), numbers));
}

TEST(Int4Test, PacksARestIntoAWordOfItsOwn) {
  const auto packed = pack_int4(torch::full({1, 9}, 7, torch::kInt8));

  EXPECT_EQ(packed.sizes(), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(packed[0][1].item<int32_t>(), 15);
}

TEST(Int4Test, RepresentableNumbersStayExact) {
  torch::manual_seed(0);
  const auto levels =
      torch::randint(-8, 8, {5, 2, 64}, torch::kInt64).to(torch::kFloat32);
  levels.select(2, 3).fill_(-8);
  const auto weight =
      (levels * torch::tensor({0.5, 0.03125}, torch::kFloat32).view({1, 2, 1}))
          .flatten(1);

  EXPECT_TRUE(torch::equal(round_trip(weight, 64, false), weight));
}

TEST(Int4Test, TheSearchBeatsTheLargestNumberOverSevenAndAHalf) {
  torch::manual_seed(0);
  const auto weight = torch::randn({40, 256});
  const auto groups = weight.view({40, 8, 32});
  // The rule of compressed-tensors.
  const auto scale = groups.abs().amax(2, /*keepdim=*/true) / 7.5;
  const auto by_rule =
      ((groups / scale).round().clamp(-8, 7) * scale).flatten(1);

  const double error = squared_error(round_trip(weight, 32, false), weight);

  EXPECT_LT(error, 0.9 * squared_error(by_rule, weight));
  EXPECT_LT(squared_error(round_trip(weight, 32, true), weight), error);
}

TEST(Int4Test, GroupsOfZerosStayZero) {
  for (const bool zero_points : {false, true}) {
    const auto weight = torch::zeros({2, 64});
    EXPECT_TRUE(torch::equal(round_trip(weight, 32, zero_points), weight));
  }
}

TEST(Int4Test, ANumberThatIsNotFiniteMakesItsGroupNan) {
  for (const float bad :
       {std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    auto weight = torch::ones({2, 64});
    weight[1][40] = bad;

    const auto result = round_trip(weight, 32, false);

    EXPECT_TRUE(result[1].narrow(0, 32, 32).isnan().all().item<bool>());
    EXPECT_TRUE(result[1].narrow(0, 0, 32).isfinite().all().item<bool>());
    EXPECT_TRUE(result[0].isfinite().all().item<bool>());
  }
}

TEST(Int4Test, RefusesGroupsThatDoNotFit) {
  for (const int64_t group : {16, 48, 64}) {
    EXPECT_THAT(
        [&] {
          quantize_int4(torch::ones({2, 96}), group, false);
        },
        ThrowsMessage<c10::Error>(HasSubstr("groups of 32, 64 or 128")));
  }
}

struct ProductCase {
  int64_t rows;
  int64_t group;
  bool zero_points;
  torch::Dtype scale_dtype;
};

std::ostream& operator<<(std::ostream& stream, const ProductCase& c) {
  return stream << c.rows << "_rows_" << c.group << "_group_"
                << (c.zero_points ? "zero_points_" : "") << c.scale_dtype;
}

class Int4ProductTest : public ::testing::TestWithParam<ProductCase> {};

TEST_P(Int4ProductTest, EqualsTheProductOfTheDequantizedWeight) {
  const torch::InferenceMode inference;
  const auto [rows, group, zero_points, scale_dtype] = GetParam();
  torch::manual_seed(0);
  // Whole blocks of 128 inputs, and a rest; channels that are not whole fours.
  for (const int64_t in : {3 * group, int64_t{1280}}) {
    for (const int64_t out : {64, 37}) {
      auto weight = quantize_int4(torch::randn({out, in}), group, zero_points);
      weight.scale = weight.scale.to(scale_dtype);
      const auto bias = torch::randn({out});
      const auto x = torch::randn({rows, in});
      const auto exact =
          dequantize_int4(weight.packed, weight.scale, torch::kFloat32)
              .to(torch::kFloat64);
      for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
        const auto typed = x.to(dtype);
        const auto expected = torch::linear(
            typed.to(torch::kFloat64), exact, bias.to(torch::kFloat64));

        const auto actual =
            kernels::linear(typed, weight.packed, bias, weight.scale);

        EXPECT_EQ(actual.scalar_type(), dtype);
        const double error =
            ((actual.to(torch::kFloat64) - expected).abs().max() /
             expected.abs().max())
                .item<double>();
        // bfloat16 rounds the result, and from 17 rows on the weights.
        EXPECT_LT(error, dtype == torch::kFloat32 ? 1e-5 : 4e-3)
            << in << " " << out << " " << dtype;
        EXPECT_LT(
            ((linear_reference(typed, weight.packed, bias, weight.scale)
                  .to(torch::kFloat64) -
              expected)
                 .abs()
                 .max() /
             expected.abs().max())
                .item<double>(),
            dtype == torch::kFloat32 ? 1e-5 : 1.2e-2);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    Int4ProductTest,
    ::testing::Values(
        ProductCase{1, 32, false, torch::kBFloat16},
        ProductCase{2, 64, false, torch::kBFloat16},
        ProductCase{7, 32, true, torch::kBFloat16},
        ProductCase{16, 128, true, torch::kFloat32},
        ProductCase{17, 32, false, torch::kBFloat16},
        ProductCase{65, 64, true, torch::kFloat32},
        ProductCase{200, 128, false, torch::kFloat32}),
    ::testing::PrintToStringParamName());

TEST(Int4ProductLimitsTest, RefusesScalesOfOtherGroups) {
  const auto weight = quantize_int4(torch::randn({4, 96}), 32, false);

  EXPECT_THAT(
      [&] {
        kernels::linear(
            torch::ones({1, 96}),
            weight.packed,
            {},
            weight.scale.narrow(1, 0, 2).contiguous());
      },
      ThrowsMessage<c10::Error>(HasSubstr("scales of int4 groups")));
  EXPECT_THAT(
      [&] {
        kernels::linear(torch::ones({1, 96}), weight.packed);
      },
      ThrowsMessage<c10::Error>(HasSubstr("without scales")));
}

} // namespace
} // namespace microfiche::kernels
