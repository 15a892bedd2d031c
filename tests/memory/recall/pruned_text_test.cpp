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

const std::vector<std::string> kSentences = {
    "the cat sat here",
    "the cat sat there",
    "the cat ate kfqe"};

TEST(PrunedTextTest, SurpriseFollowsWittenBell) {
  WordPairModel model;
  for (const auto& text : kSentences) {
    model.add(text);
  }

  // "cat" has three followers of two kinds; "sat" is two of twelve words.
  const double sat = (2 + 2 * (2.0 / 12)) / (3 + 2);
  EXPECT_DOUBLE_EQ(model.surprise("cat", "sat"), -std::log2(sat));
  // "the" has one kind of follower; "kfqe" is one of twelve words.
  const double kfqe = (0 + 1 * (1.0 / 12)) / (3 + 1);
  EXPECT_DOUBLE_EQ(model.surprise("the", "kfqe"), -std::log2(kfqe));
}

TEST(PrunedTextTest, MarksAndCaseDoNotCount) {
  WordPairModel model;
  model.add("The code.");
  model.add("the (code)");

  // Both begin with "the", which is two of four words.
  EXPECT_DOUBLE_EQ(model.surprise("", "the"), -std::log2(2.5 / 3));
}

TEST(PrunedTextTest, TheLeastExpectedWordsStayInTheirOrder) {
  int64_t tokens = 0;

  const auto pruned = prune_texts(kSentences, 9, num_bytes, tokens);

  EXPECT_THAT(pruned, ElementsAre("here", "", "ate"));
  EXPECT_EQ(tokens, 9);
}

TEST(PrunedTextTest, AllFitsIntoEnoughTokens) {
  int64_t tokens = 0;

  EXPECT_EQ(prune_texts(kSentences, 1000, num_bytes, tokens), kSentences);
}

TEST(PrunedTextTest, NothingFitsIntoNoTokens) {
  int64_t tokens = 7;

  EXPECT_THAT(
      prune_texts(kSentences, 0, num_bytes, tokens), ElementsAre("", "", ""));
  EXPECT_EQ(tokens, 0);
}

} // namespace
} // namespace microfiche::memory
