#include "analysis/altered_words.h"

#include <gtest/gtest.h>

namespace microfiche::analysis {
namespace {

AlteredWords find(
    const std::string& reference,
    const std::string& prediction,
    const std::vector<std::pair<int64_t, std::string>>& altered) {
  sweep::Sample sample;
  sample.page.reference = reference;
  sample.reading.text = prediction;
  sample.page.altered_words = altered;
  return count_altered_words(sample);
}

TEST(AlteredWordsTest, CountsReadAndCorrectedWords) {
  const auto found = find(
      "teh cat sta on a mta",
      "teh cat sat on a rug",
      {{0, "the"}, {2, "sat"}, {5, "mat"}});

  EXPECT_EQ(found.words, 3);
  EXPECT_EQ(found.read, 1);
  EXPECT_EQ(found.corrected, 1);
}

TEST(AlteredWordsTest, MissingAndAddedWordsKeepTheAlignment) {
  const auto found = find(
      "one two\nthree fuor five six",
      "zero one three four five",
      {{3, "four"}});

  EXPECT_EQ(found.words, 1);
  EXPECT_EQ(found.corrected, 1);
}

TEST(AlteredWordsTest, AMissingWordIsNeitherReadNorCorrected) {
  const auto found = find("one fuor", "", {{1, "four"}});

  EXPECT_EQ(found.words, 1);
  EXPECT_EQ(found.read, 0);
  EXPECT_EQ(found.corrected, 0);
}

TEST(AlteredWordsTest, APageWithoutAlteredWordsHasNone) {
  EXPECT_EQ(count_altered_words(sweep::Sample{}).words, 0);
}

} // namespace
} // namespace microfiche::analysis
