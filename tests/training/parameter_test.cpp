#include "training/parameter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<Parameter> make_parameters() {
  return with_masters(
      {{"first", torch::ones({2}, torch::requires_grad())},
       {"second", torch::ones({2}, torch::requires_grad())}});
}

TEST(ParameterTest, AMasterOfBf16IsItsFloat32Copy) {
  const auto parameters =
      with_masters({{"half", torch::full({1}, 1.0, torch::kBFloat16)}});

  EXPECT_EQ(parameters[0].master.scalar_type(), torch::kFloat32);
  EXPECT_FALSE(parameters[0].master.is_alias_of(parameters[0].tensor));
}

TEST(ParameterTest, AFloat32ParameterIsItsOwnMaster) {
  const auto parameters = make_parameters();

  EXPECT_TRUE(parameters[0].master.is_alias_of(parameters[0].tensor));
}

TEST(ParameterTest, NamesTheFirstWeightThatIsNotFinite) {
  auto parameters = make_parameters();
  parameters[1].master[0] = kNan;

  EXPECT_THAT(first_not_finite(parameters), HasSubstr("weight"));
  EXPECT_THAT(first_not_finite(parameters), HasSubstr("second"));
}

TEST(ParameterTest, NamesTheFirstGradientWhereAllWeightsAreFinite) {
  auto parameters = make_parameters();
  parameters[1].tensor.mutable_grad() = torch::full({2}, kNan);

  EXPECT_THAT(first_not_finite(parameters), HasSubstr("gradient"));
  EXPECT_THAT(first_not_finite(parameters), HasSubstr("second"));
}

TEST(ParameterTest, SaysThatAllWeightsAreFinite) {
  EXPECT_THAT(
      first_not_finite(make_parameters()), HasSubstr("all weights are finite"));
}

} // namespace
} // namespace microfiche::training
