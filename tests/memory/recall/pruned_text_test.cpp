#include "memory/recall/pruned_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;

int64_t num_bytes(const std::string& text) {
  return static_cast<int64_t>(text.size());
}

TEST(ByteNgramModelTest, ProbabilitiesFollowWittenBell) {
  ByteNgramModel model;
  const std::string text = "aab";
  model.learn(text, 0, text.size());

  // Two kinds of bytes; "a" is two of three.
  const double a = (2 + 2 / 256.0) / (3 + 2);
  const double b = (1 + 2 / 256.0) / (3 + 2);
  EXPECT_DOUBLE_EQ(model.surprisal("a", 0, 1), -std::log2(a));
  // "a" is followed by one "a" and one "b".
  const double b_after_a = (1 + 2 * b) / (2 + 2);
  EXPECT_DOUBLE_EQ(model.surprisal("ab", 1, 2), -std::log2(b_after_a));
}

TEST(ByteNgramModelTest, KnowsNothingBeforeItHasLearned) {
  EXPECT_EQ(ByteNgramModel().surprisal("xy", 0, 2), 16);
}

TEST(ByteNgramModelTest, ForgettingUndoesLearning) {
  ByteNgramModel model;
  model.learn("a code", 0, 6);
  const double before = model.surprisal("a cat", 0, 5);

  model.learn("a cat", 2, 5);
  EXPECT_LT(model.surprisal("a cat", 0, 5), before);
  model.forget("a cat", 2, 5);

  EXPECT_DOUBLE_EQ(model.surprisal("a cat", 0, 5), before);
}

const std::vector<std::string> kSentences = {
    "the cat sat on the mat",
    "the cat sat on\nthe kfqe mat",
    "the cat sat on the mat"};

TEST(PrunedTextTest, WordsThatOthersDoNotPredictStay) {
  int64_t tokens = 0;

  const auto pruned = prune_texts(kSentences, 5, num_bytes, tokens);

  EXPECT_THAT(pruned, ElementsAre("", "kfqe", ""));
  EXPECT_EQ(tokens, 5);
}

TEST(PrunedTextTest, AWordThatDoesNotFitIsSkipped) {
  int64_t tokens = 0;

  const auto pruned =
      prune_texts({"zqxjvkwpzqxjvkwp a b"}, 4, num_bytes, tokens);

  EXPECT_THAT(pruned, ElementsAre("a b"));
  EXPECT_EQ(tokens, 4);
}

TEST(PrunedTextTest, EmptyTextsStayEmpty) {
  int64_t tokens = 0;

  EXPECT_THAT(
      prune_texts({"", " \n"}, 9, num_bytes, tokens), ElementsAre("", ""));
  EXPECT_THAT(prune_texts({}, 9, num_bytes, tokens), ElementsAre());
}

TEST(PrunedTextTest, AllFitsIntoEnoughTokensAndKeepsItsOrder) {
  int64_t tokens = 0;

  const auto pruned = prune_texts(kSentences, 1000, num_bytes, tokens);

  EXPECT_EQ(pruned[0], kSentences[0]);
  EXPECT_EQ(pruned[1], "the cat sat on the kfqe mat");
}

TEST(PrunedTextTest, NothingFitsIntoNoTokens) {
  int64_t tokens = 7;

  EXPECT_THAT(
      prune_texts(kSentences, 0, num_bytes, tokens), ElementsAre("", "", ""));
  EXPECT_EQ(tokens, 0);
}

} // namespace
} // namespace microfiche::memory
