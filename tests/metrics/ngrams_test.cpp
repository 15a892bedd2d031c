#include "metrics/ngrams.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(NgramsTest, MatchesAreTheSmallerCount) {
  // Pairs: ab ba ab and ab ba ac.
  const auto orders = match_ngrams(U"abab", U"abac", 2);

  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0].matches, 3);
  EXPECT_EQ(orders[1].reference, 3);
  EXPECT_EQ(orders[1].prediction, 3);
  EXPECT_EQ(orders[1].matches, 2);
}

TEST(NgramsTest, AShortTextHasNoNgrams) {
  const auto orders = match_ngrams(U"abc", U"ab", 3);

  EXPECT_EQ(orders[2].reference, 1);
  EXPECT_EQ(orders[2].prediction, 0);
  EXPECT_EQ(orders[2].matches, 0);
}

} // namespace
} // namespace microfiche::metrics
