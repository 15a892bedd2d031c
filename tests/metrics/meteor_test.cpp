#include "metrics/meteor.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

double meteor_of(std::u32string_view reference, std::u32string_view read) {
  return meteor(WordPair(reference, read));
}

TEST(MeteorTest, OneChunkGetsTheSmallestPenalty) {
  // Penalty 0.5 (1/3)^3.
  EXPECT_NEAR(meteor_of(U"a b c", U"A b c"), 1 - 0.5 / 27, 1e-12);
}

TEST(MeteorTest, WordsWithEqualStemsMatch) {
  EXPECT_EQ(
      meteor_of(U"he reads books", U"he reading book"),
      meteor_of(U"he reads books", U"he reads books"));
}

TEST(MeteorTest, AnotherOrderLowersTheScore) {
  EXPECT_LT(
      meteor_of(U"a b c d", U"d c b a"), meteor_of(U"a b c d", U"a b c d"));
}

TEST(MeteorTest, NoCommonWordScoresZero) {
  EXPECT_EQ(meteor_of(U"a", U"b"), 0);
  EXPECT_EQ(meteor_of(U"a", U""), 0);
}

} // namespace
} // namespace microfiche::metrics
