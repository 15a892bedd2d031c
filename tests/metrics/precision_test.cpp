#include "metrics/precision.h"

#include <gtest/gtest.h>

#include "metrics/code_points.h"
#include "metrics/words.h"

namespace microfiche::metrics {
namespace {

std::vector<std::u32string> words(std::u32string_view text) {
  return split_at_spaces(text);
}

TEST(SetOverlapTest, IgnoresOrderAndRepetition) {
  const auto overlap = set_overlap(words(U"a b c d"), words(U"b a a a x"));

  EXPECT_DOUBLE_EQ(overlap.precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(overlap.recall, 2.0 / 4);
  EXPECT_DOUBLE_EQ(overlap.f1, 4.0 / 7);
}

TEST(BagOverlapTest, ARepeatedWordCountsAsOftenAsThePageHasIt) {
  const auto overlap = bag_overlap(words(U"a a b"), words(U"a a a a"));

  EXPECT_DOUBLE_EQ(overlap.precision, 2.0 / 4);
  EXPECT_DOUBLE_EQ(overlap.recall, 2.0 / 3);
}

TEST(SetOverlapTest, SilenceScoresNothing) {
  EXPECT_EQ(set_overlap(words(U"a b"), {}).precision, 0);
}

TEST(SetOverlapTest, AnEmptyPageReadAsEmptyIsPerfect) {
  EXPECT_EQ(set_overlap({}, {}).f1, 1);
}

} // namespace
} // namespace microfiche::metrics
