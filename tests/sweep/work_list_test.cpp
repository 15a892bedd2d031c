#include "sweep/run/work_list.h"
#include "sweep/sweep_cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using ::testing::ElementsAre;

/// The pieces as text: the number of the cell and the first page, or "blank".
std::vector<std::string> pieces_of(const WorkList& work) {
  std::vector<std::string> pieces;
  for (const auto& piece : work.pieces()) {
    pieces.push_back(concat(
        piece.cell, piece.is_blank ? " blank" : concat(" ", piece.first)));
  }
  return pieces;
}

/// One length, three pages a cell.
SweepConfig three_pages() {
  auto sweep = small_sweep();
  sweep.characters_per_token = {5};
  sweep.controls = {false, false, {}, {}};
  return sweep;
}

TEST(WorkListTest, CellsWithTheSamePagesTakeTurns) {
  auto sweep = three_pages();
  sweep.characters_per_token = {5, 20};
  sweep.conditions.tokens = {"none", "permute"};
  const auto cells = cells_of(sweep);
  ASSERT_EQ(name_of(cells[1]), "nine/corpus/plain/20");
  ASSERT_EQ(name_of(cells[2]), "nine/corpus/plain/5/tokens=permute");

  const WorkList work(cells, {3, 3, 3, 3}, 2, /*blanks=*/false);

  EXPECT_THAT(
      pieces_of(work),
      ElementsAre("0 0", "2 0", "0 2", "2 2", "1 0", "3 0", "1 2", "3 2"));
}

TEST(WorkListTest, EachModelIsOpenedOnce) {
  auto sweep = three_pages();
  sweep.models = {"first", "second"};
  sweep.conditions.tokens = {"none", "permute"};

  const WorkList work(cells_of(sweep), {2, 2, 2, 2}, 2, /*blanks=*/true);

  EXPECT_THAT(
      pieces_of(work),
      ElementsAre("0 0", "1 0", "0 blank", "2 0", "3 0", "2 blank"));
}

TEST(WorkListTest, APieceIsFinishedWithItsLastPage) {
  const auto cells = cells_of(three_pages());
  WorkList work(cells, {3}, 2, /*blanks=*/true);
  Sample sample;
  sample.cell = cells[0];
  const auto finish = [&](int64_t page) {
    sample.index = page;
    return work.finish(sample);
  };

  EXPECT_TRUE(finish(0));
  EXPECT_EQ(work.num_unfinished(), 3);
  EXPECT_FALSE(finish(0));
  EXPECT_TRUE(finish(1));
  EXPECT_EQ(work.num_unfinished(), 2);
  EXPECT_TRUE(finish(2));
  EXPECT_FALSE(finish(3));
  EXPECT_EQ(work.num_unfinished(), 1);
  EXPECT_TRUE(work.finish(BlankReading{"nine", "plain", "", ""}));
  EXPECT_EQ(work.num_unfinished(), 0);
  EXPECT_EQ(work.num_finished(0), 3);
}

TEST(WorkListTest, RowsOfAnotherGridAreNotItsBusiness) {
  const auto cells = cells_of(three_pages());
  WorkList work(cells, {3}, 2, /*blanks=*/true);
  Sample sample;
  sample.cell = cells[0];
  sample.cell.style = "other";

  EXPECT_FALSE(work.finish(sample));
  EXPECT_FALSE(work.finish(BlankReading{"nine", "other", "", ""}));
}

} // namespace
} // namespace microfiche::sweep
