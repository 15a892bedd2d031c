#include "encoder/position_table.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::encoder {
namespace {

TEST(PositionTableTest, ReturnsATableOfTheSameSize) {
  const auto table = torch::randn({4, 4, 3});

  EXPECT_TRUE(resize_position_table(table, 4).is_same(table));
}

TEST(PositionTableTest, EnlargingUsesTheCubicKernelOfMinusOneHalf) {
  // A step along the columns: 0 0 1 1.
  auto table = torch::zeros({4, 4, 1});
  table.slice(/*dim=*/1, 2).fill_(1);

  const auto resized = resize_position_table(table, 8);

  // Column 3 of 8 is at 1.25 of 4. The weights of its neighbours 2 and 3,
  // at distances 0.75 and 1.75, by a = -1/2: 1.5 d^3 - 2.5 d^2 + 1 = 0.2265625
  // and -0.5 d^3 + 2.5 d^2 - 4 d + 2 = -0.0234375.
  EXPECT_NEAR(resized[3][3][0].item<double>(), 0.2265625 - 0.0234375, 1e-6);
}

TEST(PositionTableTest, ShrinkingIsAntialiased) {
  // A table a quarter as large cannot represent stripes one column wide.
  auto table = torch::zeros({16, 16, 1});
  table.slice(/*dim=*/1, 0, 16, 2).fill_(1);

  const auto resized = resize_position_table(table, 4);

  EXPECT_LT((resized - 0.5).abs().max().item<double>(), 0.05);
}

TEST(PositionTableTest, KeepsTheDtypeOfTheTable) {
  const auto table = torch::randn({4, 4, 3}).to(torch::kBFloat16);

  EXPECT_EQ(resize_position_table(table, 6).scalar_type(), torch::kBFloat16);
}

} // namespace
} // namespace microfiche::encoder
