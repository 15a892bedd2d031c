#include "memory/curve/budget_front.h"

#include "memory/curve/curve_charts.h"
#include "tests/memory/curve/answered_store.h"

#include <algorithm>

namespace microfiche::memory::curve {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class BudgetFrontTest : public tests::AnsweredStoreTest {
 protected:
  /// All 6 facts under nano-9 (39 positions, 5 right), nano-4 (21, 5 right) and
  /// nano-1 (9, 1 right).
  static void answer_all(Store& store) {
    const std::pair<const char*, int64_t> kRuns[] = {
        {"nano-9", 5}, {"nano-4", 5}, {"nano-1", 1}};
    for (const auto& [mode, correct] : kRuns) {
      const int64_t id = plan(store, tests::uniform(mode));
      for (int64_t fact = 1; fact <= 6; ++fact) {
        answer(store, id, fact, fact <= correct ? "correct" : "invented");
        answer(store, id, fact, "correct", "", "text_search");
        answer(store, id, fact, "invented", "", kFloorMethod);
      }
    }
  }

  static BudgetFront front(Store& store) {
    return make_front(store, answered_series(store), {});
  }
};

TEST_F(BudgetFrontTest, APlanThatCostsMoreForTheSameIsNotOnTheFront) {
  auto store = open();
  fill(store, 6);
  answer_all(store);

  const auto made = front(store);

  // The floor is no rival.
  ASSERT_THAT(made.points, SizeIs(6));
  for (const auto& point : made.points) {
    if (point.method == "transcription") {
      EXPECT_EQ(point.on_front, point.positions != 39) << point.positions;
    } else {
      EXPECT_FALSE(point.on_front);
    }
  }
}

TEST_F(BudgetFrontTest, PlansAreComparedOnTheFactsThatAllWereAskedFor) {
  auto store = open();
  fill(store, 6);
  const int64_t first = plan(store, tests::uniform("nano-9"));
  const int64_t second = plan(store, tests::uniform("nano-4"));
  answer(store, first, 1, "correct");
  answer(store, first, 2, "invented");
  answer(store, second, 1, "correct");

  const auto made = front(store);

  EXPECT_EQ(made.common_facts, 1);
  for (const auto& point : made.points) {
    EXPECT_EQ(point.recall.share.probes, 1);
  }
}

TEST_F(BudgetFrontTest, DifferentQuestionsAreNamedAsSuch) {
  auto store = open();
  fill(store, 6);
  answer(store, plan(store, tests::uniform("nano-9")), 1, "correct");
  answer(store, plan(store, tests::uniform("nano-4")), 2, "correct");

  const auto made = front(store);

  EXPECT_EQ(made.common_facts, 0);
  EXPECT_THAT(made.points, SizeIs(2));
  EXPECT_THAT(front_figure(made, {}).caption, HasSubstr("different questions"));
}

} // namespace
} // namespace microfiche::memory::curve
