#include "memory/recall/outcome.h"

#include <gtest/gtest.h>

namespace microfiche::memory {
namespace {

AnswerKey locker() {
  AnswerKey key;
  key.value = "kfqe";
  key.earlier = {"kfqe", "old"};
  key.same_page = {"next"};
  key.other_pages = {"far"};
  return key;
}

TEST(OutcomeTest, EachKindOfAnswerHasItsOutcome) {
  EXPECT_EQ(classify("kfqe", locker()), Outcome::kCorrect);
  EXPECT_EQ(classify("", locker()), Outcome::kAbstained);
  EXPECT_EQ(classify("next", locker()), Outcome::kBinding);
  EXPECT_EQ(classify("far", locker()), Outcome::kSource);
  EXPECT_EQ(classify("old", locker()), Outcome::kStale);
  EXPECT_EQ(classify("kfqa", locker()), Outcome::kInvented);
}

TEST(OutcomeTest, ANeverStatedKeyHasNoCorrectAnswer) {
  AnswerKey key;
  key.other_pages = {"far"};

  EXPECT_EQ(classify("", key), Outcome::kAbstained);
  EXPECT_EQ(classify("far", key), Outcome::kSource);
  EXPECT_EQ(classify("else", key), Outcome::kInvented);
}

TEST(OutcomeTest, WordsAreComparedWithoutCaseAndWidth) {
  // U+FF4B is a full-width k; NFKC makes it "k" (Unicode 15, UAX #15).
  EXPECT_EQ(
      classify(
          " \xEF\xBD\x8B"
          "FQE ",
          locker()),
      Outcome::kCorrect);
}

TEST(OutcomeTest, HexadecimalDigitsAreComparedExactly) {
  AnswerKey key;
  key.value = "3fa9";
  key.kind = "hex";

  EXPECT_EQ(classify("3FA9", key), Outcome::kInvented);
  EXPECT_EQ(classify("3fa9", key), Outcome::kCorrect);
}

TEST(OutcomeTest, TheEndOfASentenceIsNoPartOfAValue) {
  AnswerKey key;
  key.value = "12:30 now.";

  EXPECT_EQ(classify("12:30", key), Outcome::kCorrect);
  EXPECT_EQ(classify("12:30 now", key), Outcome::kCorrect);
  EXPECT_EQ(classify("12:31 now.", key), Outcome::kInvented);
  EXPECT_EQ(classify("now", key), Outcome::kInvented);
}

TEST(OutcomeTest, NamesAreFoundAgain) {
  for (const Outcome outcome : kOutcomes) {
    EXPECT_EQ(find_outcome(name_of(outcome)), outcome);
  }
  EXPECT_EQ(find_outcome("right"), std::nullopt);
}

} // namespace
} // namespace microfiche::memory
