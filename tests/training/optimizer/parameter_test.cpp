#include "training/optimizer/parameter.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

TEST(ParameterTest, AMasterOfBf16IsItsFloat32Copy) {
  const auto parameters =
      with_masters({{"half", torch::full({1}, 1.0, torch::kBFloat16)}});

  EXPECT_EQ(parameters[0].master.scalar_type(), torch::kFloat32);
  EXPECT_FALSE(parameters[0].master.is_alias_of(parameters[0].tensor));
}

TEST(ParameterTest, AFloat32ParameterIsItsOwnMaster) {
  const auto parameters = with_masters({{"single", torch::ones({2})}});

  EXPECT_TRUE(parameters[0].master.is_alias_of(parameters[0].tensor));
}

} // namespace
} // namespace microfiche::training
