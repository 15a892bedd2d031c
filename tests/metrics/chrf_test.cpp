#include "metrics/chrf.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(ChrfTest, IgnoresSpaces) {
  EXPECT_DOUBLE_EQ(chrf(U"one two", U"onetwo"), 1);
}

TEST(ChrfTest, RecallHasDoubleWeight) {
  // Half of the characters: precision 1 and recall r; missing text costs more
  // than added text.
  EXPECT_LT(chrf(U"abcdefghijkl", U"abcdef"), chrf(U"abcdef", U"abcdefghijkl"));
}

TEST(ChrfTest, OnlyOrdersThatBothTextsHaveAreAveraged) {
  // "ab" has n-grams of orders 1 and 2 only, and both match.
  EXPECT_DOUBLE_EQ(chrf(U"ab", U"ab"), 1);
  EXPECT_EQ(chrf(U"ab", U""), 0);
}

} // namespace
} // namespace microfiche::metrics
