#include "memory/excerpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::memory {
namespace {

/// Holds for texts of at most this many bytes.
std::function<bool(const std::string&)> fits_bytes(size_t num_bytes) {
  return
      [num_bytes](const std::string& text) { return text.size() <= num_bytes; };
}

class ExcerptTest : public ::testing::Test {
 protected:
  ExcerptTest() {
    counts.add("The number of mot is 12.");
    counts.add("The number of kib is 34.");
    counts.add("The number of dal is 56!");
    counts.add("A quiet evening.");
  }

  WordCounts counts;
};

TEST_F(ExcerptTest, AWordOfManyTextsIsLessRareThanAWordOfOne) {
  EXPECT_GT(counts.rarity("kib"), counts.rarity("number"));
  // Case and marks around a word do not count.
  EXPECT_EQ(counts.rarity("Number,"), counts.rarity("number"));
  EXPECT_GT(counts.rarity("never"), counts.rarity("kib"));
}

TEST_F(ExcerptTest, TheRarestWordsStayInTheirOrder) {
  const std::vector<ExcerptTurn> turns = {
      {"[2u] ", "The number of kib is 34."}};

  EXPECT_EQ(make_excerpt(turns, counts, fits_bytes(12)), "[2u] kib 34.");
  EXPECT_EQ(make_excerpt(turns, counts, fits_bytes(19)), "[2u] number kib 34.");
  EXPECT_EQ(
      make_excerpt(turns, counts, fits_bytes(99)),
      "[2u] The number of kib is 34.");
}

TEST_F(ExcerptTest, TheMarkOfATurnStaysWithItsWords) {
  const std::vector<ExcerptTurn> turns = {
      {"[1u] ", "The number of mot is 12."},
      {"[2a] ", "It is."},
      {"[3u] ", "A quiet evening."}};

  EXPECT_EQ(
      make_excerpt(turns, counts, fits_bytes(33)),
      "[1u] mot 12.\n[3u] quiet evening.");
}

TEST_F(ExcerptTest, IfNoWordFitsTheMarkOfTheFirstTurnIsLeft) {
  EXPECT_EQ(
      make_excerpt({{"[1u] ", "Unreasonable."}}, counts, fits_bytes(8)),
      "[1u] ");
}

TEST_F(ExcerptTest, MarksAloneAreWordsWithoutContent) {
  EXPECT_EQ(
      make_excerpt({{"[1u] ", "- kib --"}}, counts, fits_bytes(8)), "[1u] kib");
}

} // namespace
} // namespace microfiche::memory
