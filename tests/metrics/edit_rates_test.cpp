#include "metrics/edit_rates.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(EditRatesTest, ErrorRatesAreOverTheReference) {
  const PageTexts texts(U"ab", U"abcdef");

  EXPECT_DOUBLE_EQ(character_error_rate(texts), 2);
  EXPECT_DOUBLE_EQ(length_ratio(texts), 3);
  EXPECT_DOUBLE_EQ(normalized_edit_distance(texts), 4.0 / 6);
}

TEST(EditRatesTest, WordsAreComparedAsUnits) {
  EXPECT_DOUBLE_EQ(word_error_rate(PageTexts(U"one two", U"one twa")), 0.5);
}

TEST(EditRatesTest, TwoEmptyTextsHaveNoError) {
  EXPECT_EQ(character_error_rate(PageTexts(U"", U"")), 0);
  EXPECT_EQ(character_error_rate(PageTexts(U"", U"abc")), 1);
}

} // namespace
} // namespace microfiche::metrics
