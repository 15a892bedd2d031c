#include "metrics/bleu.h"

#include <gtest/gtest.h>

#include "metrics/words.h"

namespace microfiche::metrics {
namespace {

TEST(BleuTest, EqualTextsScoreOne) {
  const auto words = split_at_spaces(U"in the beginning was the word");
  const WordNumbers numbers(words, words);

  EXPECT_DOUBLE_EQ(bleu(numbers.reference, numbers.prediction), 1);
}

TEST(BleuTest, ShortPredictionsGetTheBrevityPenalty) {
  // Every n-gram matches; exp(1 - 6/4) is the penalty.
  EXPECT_NEAR(bleu(U"123456", U"1234"), 0.6065306597, 1e-9);
}

TEST(BleuTest, NoCommonWordScoresZero) {
  EXPECT_EQ(bleu(U"a", U"b"), 0);
  EXPECT_EQ(bleu(U"a", U""), 0);
}

} // namespace
} // namespace microfiche::metrics
