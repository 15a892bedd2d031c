#include "data/entry_grid.h"

#include <gtest/gtest.h>

namespace microfiche::data {
namespace {

/// DejaVu Sans Mono at 13.28 px: 7.995 px per character.
EntryGrid small_grid() {
  EntryGrid grid;
  grid.width = 192;
  grid.height = 192;
  grid.advance = 7.995;
  grid.line = 16;
  return grid;
}

TEST(EntryGridTest, BeginsEachEntryAtItsVisionToken) {
  const auto text =
      small_grid().text({"ab kfqe", "c wxyz", "de mnop", "f q", "g h"});

  EXPECT_EQ(
      text,
      "ab kfqe c wxyz  de mnop\n"
      "f q     g h");
}

TEST(EntryGridTest, GivesLongEntriesSeveralTokens) {
  // Nine characters and a space need two tokens of eight.
  EXPECT_EQ(small_grid().columns(9), 1);
  EXPECT_EQ(small_grid().columns(7), 3);
  auto wide = small_grid();
  wide.width = 256;
  EXPECT_EQ(wide.columns(9), 2);
  EXPECT_EQ(
      wide.text({"abc kfqew", "d e"}),
      "abc kfqew" + std::string(7, ' ') + "d e");
}

TEST(EntryGridTest, TakesNoMoreEntriesThanFitThePage) {
  auto grid = small_grid();
  grid.height = 33;

  EXPECT_EQ(grid.lines(), 2);
  EXPECT_EQ(
      grid.text(std::vector<std::string>(20, "ab kfqe")),
      "ab kfqe ab kfqe ab kfqe\nab kfqe ab kfqe ab kfqe");
}

TEST(EntryGridTest, MovesEntriesLeftByTheMargin) {
  auto grid = small_grid();
  grid.margin_left = 16;
  // 64 - 16 px are six characters.
  EXPECT_EQ(grid.text({"a b", "c d"}).substr(0, 9), "a b   c d");
}

} // namespace
} // namespace microfiche::data
