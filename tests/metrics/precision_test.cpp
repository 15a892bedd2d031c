#include "metrics/precision.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(SetOverlapTest, IgnoresOrderAndRepetition) {
  const auto overlap = set_overlap(U"abcd", U"baaax");

  EXPECT_DOUBLE_EQ(overlap.precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(overlap.recall, 2.0 / 4);
  EXPECT_DOUBLE_EQ(overlap.f1, 4.0 / 7);
}

TEST(BagOverlapTest, ARepeatedWordCountsAsOftenAsThePageHasIt) {
  const auto overlap = bag_overlap(U"aab", U"aaaa");

  EXPECT_DOUBLE_EQ(overlap.precision, 2.0 / 4);
  EXPECT_DOUBLE_EQ(overlap.recall, 2.0 / 3);
}

TEST(SetOverlapTest, AnEmptyPredictionScoresZero) {
  EXPECT_EQ(set_overlap(U"ab", U"").precision, 0);
}

TEST(SetOverlapTest, TwoEmptyTextsScoreOne) {
  EXPECT_EQ(set_overlap(U"", U"").f1, 1);
}

} // namespace
} // namespace microfiche::metrics
