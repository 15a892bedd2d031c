#include "core/table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace microfiche {
namespace {

const Table kTable = {{"name", "n"}, {{"a|b", "1"}, {"\u00e9, \"q\"", "20"}}};

TEST(TableTest, AlignsNumbersToTheRightAndCountsAccentsOnce) {
  EXPECT_EQ(
      to_text(kTable),
      "name     n\n"
      "a|b      1\n"
      "\u00e9, \"q\"  20\n");
}

TEST(TableTest, MarkdownEscapesBars) {
  EXPECT_EQ(
      to_markdown(kTable),
      "| name | n |\n|---|---|\n| a\\|b | 1 |\n| \u00e9, \"q\" | 20 |\n");
}

TEST(TableTest, CsvQuotesCellsThatNeedQuotes) {
  EXPECT_EQ(to_csv(kTable), "name,n\na|b,1\n\"\u00e9, \"\"q\"\"\",20\n");
}

TEST(TableTest, NumbersAreReadBackExactly) {
  EXPECT_EQ(std::stod(exact(0.1 + 0.2)), 0.1 + 0.2);
  EXPECT_EQ(exact(NAN), "");
  EXPECT_EQ(fixed(NAN, 2), "-");
  EXPECT_EQ(fixed(0.125, 2), "0.12");
  EXPECT_EQ(fixed(-0.0004, 3), "0.000");
}

} // namespace
} // namespace microfiche
