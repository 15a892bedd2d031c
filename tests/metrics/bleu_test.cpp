#include "metrics/bleu.h"

#include <gtest/gtest.h>

#include "metrics/words.h"

namespace microfiche::metrics {
namespace {

TEST(BleuTest, APerfectReadingIsOne) {
  const auto words = split_at_spaces(U"in the beginning was the word");

  EXPECT_DOUBLE_EQ(bleu(words, words), 1);
}

TEST(BleuTest, ShortReadingsPayTheBrevityPenalty) {
  const auto reference = split_at_spaces(U"one two three four five six");
  const auto prediction = split_at_spaces(U"one two three four");

  // Every n-gram matches; exp(1 - 6/4) is the penalty.
  EXPECT_NEAR(bleu(reference, prediction), 0.6065306597, 1e-9);
}

TEST(BleuTest, NothingInCommonIsZero) {
  EXPECT_EQ(bleu({U"a"}, {U"b"}), 0);
  EXPECT_EQ(bleu({U"a"}, {}), 0);
}

} // namespace
} // namespace microfiche::metrics
