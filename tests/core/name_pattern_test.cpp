#include "core/name_pattern.h"

#include <gtest/gtest.h>

namespace microfiche {
namespace {

TEST(MatchesTest, AStarMatchesAnyText) {
  EXPECT_TRUE(matches("encoder.*.weight", "encoder.sam.blocks.0.weight"));
  EXPECT_TRUE(matches("*router*", "decoder.layers.1.mlp.router.weight"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "abbc"));
}

TEST(MatchesTest, MatchesTheWholeName) {
  EXPECT_FALSE(matches("encoder", "encoder.sam"));
  EXPECT_FALSE(matches("*.weight", "norm.weights"));
  EXPECT_FALSE(matches("a*b*c", "abb"));
}

} // namespace
} // namespace microfiche
