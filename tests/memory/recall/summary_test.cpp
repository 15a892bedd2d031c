#include "memory/recall/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;

int64_t count_bytes(const std::string& text) {
  return static_cast<int64_t>(text.size());
}

const std::vector<std::string> kTexts = {
    "We sat by the fire. The code is kfqe.",
    "We sat by the fire.\nWe sat by the fire, too!",
    "We sat by the fire. Version 2.5 came?"};

TEST(SummaryTest, SentencesWithRareWordsStay) {
  int64_t tokens = 0;

  const auto summary = summarize_texts(kTexts, 36, count_bytes, tokens);

  EXPECT_THAT(
      summary, ElementsAre("The code is kfqe.", "", "Version 2.5 came?"));
  EXPECT_EQ(tokens, 36);
}

TEST(SummaryTest, AllFitsIntoEnoughTokensAndKeepsItsOrder) {
  int64_t tokens = 0;

  const auto summary = summarize_texts(kTexts, 1000, count_bytes, tokens);

  EXPECT_EQ(summary[0], "We sat by the fire.\nThe code is kfqe.");
  EXPECT_EQ(summary[1], kTexts[1]);
}

TEST(SummaryTest, NothingFitsIntoNoTokens) {
  int64_t tokens = 7;

  EXPECT_THAT(
      summarize_texts(kTexts, 0, count_bytes, tokens), ElementsAre("", "", ""));
  EXPECT_EQ(tokens, 0);
}

} // namespace
} // namespace microfiche::memory
