#include "memory/curve/recall_rows.h"

#include "tests/memory/curve/answered_store.h"

#include <algorithm>

namespace microfiche::memory::curve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

class RecallRowsTest : public tests::AnsweredStoreTest {};

/// Newest page in nano-9, the next in nano-4, the third is dropped.
Policy ladder() {
  return tests::policy_of(
      R"({"policy": "age_ladder", "text_when_cheaper": false,
          "options": {"steps": [{"mode": "nano-9", "up_to": 0},
                                {"mode": "nano-4", "up_to": 1}]}})");
}

TEST_F(RecallRowsTest, AnAnswerHasTheAgeAndTheModeOfItsPage) {
  auto store = open();
  fill(store, 6);
  const auto pages = memory::pages(store, 1);
  ASSERT_THAT(pages, SizeIs(3));
  const int64_t id = plan(store, ladder());
  answer(store, id, 1, "abstained");
  answer(store, id, 6, "correct", "w6");
  answer(store, id, std::nullopt, "invented", "zz");

  const auto all_series = answered_series(store);
  ASSERT_THAT(all_series, SizeIs(1));
  const auto rows = recall_rows(store, all_series[0]);

  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].mode, "gone");
  EXPECT_EQ(rows[0].age_pages, 2);
  EXPECT_EQ(rows[0].age_turns, 5);
  EXPECT_EQ(rows[0].outcome, Outcome::kAbstained);
  EXPECT_EQ(rows[1].mode, "nano-9");
  EXPECT_EQ(rows[1].age_pages, 0);
  EXPECT_EQ(rows[1].outcome, Outcome::kCorrect);
  EXPECT_EQ(rows[1].kind, "letters");
  EXPECT_EQ(rows[1].positions, 20);
  EXPECT_FALSE(rows[2].fact.has_value());
}

TEST_F(RecallRowsTest, AValueHasAPlaceInTheTextOfItsPage) {
  auto store = open();
  // "locker 1 holds w1" has 17 bytes; the value is after 15.
  fill(store, 2);
  const int64_t id = plan(store, ladder());
  answer(store, id, 1, "correct");
  answer(store, id, 2, "correct");

  const auto rows = recall_rows(store, answered_series(store)[0]);

  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_DOUBLE_EQ(rows[0].place, 15.0 / 34);
  EXPECT_DOUBLE_EQ(rows[1].place, (17.0 + 15) / 34);
}

TEST_F(RecallRowsTest, TheNewestAnswerOfAMethodCounts) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, ladder());
  answer(store, id, 1, "abstained");
  answer(store, id, 1, "correct", "w1");
  answer(store, id, 1, "abstained", "", "text_search");

  const auto rows = recall_rows(store, answered_series(store)[0]);

  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].outcome, Outcome::kCorrect);
  EXPECT_EQ(rows[1].method, "text_search");
}

TEST_F(
    RecallRowsTest,
    ConversationsUnderOnePolicyAndBudgetAreMeasuredTogether) {
  auto store = open();
  fill(store, 4, "first");
  fill(store, 4, "second");
  const int64_t first = plan(store, ladder(), 100, 1);
  const int64_t second = plan(store, ladder(), 100, 2);
  const int64_t other = plan(store, ladder(), 50, 2);
  answer(store, other, 5, "correct");
  answer(store, first, 1, "correct");
  answer(store, second, 5, "correct");

  const auto all_series = answered_series(store);

  ASSERT_THAT(all_series, SizeIs(2));
  // The one that was asked last is at the end.
  EXPECT_THAT(all_series[1].plans, ElementsAre(first, second));
  EXPECT_EQ(all_series[1].name, "age_ladder, 100 positions");
  EXPECT_EQ(find_series(store, all_series, std::nullopt), 1);
  EXPECT_EQ(find_series(store, all_series, other), 0);
  EXPECT_THAT(answered_series(store, 1), SizeIs(1));
}

TEST_F(RecallRowsTest, ANewerPlanOfAConversationReplacesAnOlderOne) {
  auto store = open();
  fill(store, 4);
  const int64_t old = plan(store, ladder());
  const int64_t renewed = plan(store, ladder());
  answer(store, old, 1, "correct");
  answer(store, renewed, 1, "correct");

  const auto all_series = answered_series(store);

  ASSERT_THAT(all_series, SizeIs(1));
  EXPECT_THAT(all_series[0].plans, ElementsAre(renewed));
  EXPECT_THAT(
      [&] { find_series(store, all_series, old); },
      ThrowsMessage<InputError>(HasSubstr("memory recall --plan 1")));
}

TEST_F(RecallRowsTest, DtypesAreSeriesOfTheirOwn) {
  auto store = open();
  fill(store, 4);
  const int64_t id = plan(store, ladder());
  answer(store, id, 1, "correct", "w1");
  const int64_t bf16 = run_of(store, id, "bf16");
  answer(store, id, 1, "invented", "w7", "transcription", bf16);

  const auto all_series = answered_series(store);

  ASSERT_THAT(all_series, SizeIs(2));
  EXPECT_EQ(all_series[0].name, "age_ladder (f32), 1000 positions");
  EXPECT_EQ(all_series[1].name, "age_ladder (bf16), 1000 positions");
  EXPECT_THAT(all_series[1].runs, ElementsAre(bf16));
  EXPECT_EQ(recall_rows(store, all_series[0])[0].outcome, Outcome::kCorrect);
  EXPECT_EQ(recall_rows(store, all_series[1])[0].outcome, Outcome::kInvented);
  EXPECT_EQ(find_series(store, all_series, id), 1);
  EXPECT_EQ(find_series_of_run(store, all_series, 1), 0);
  EXPECT_THAT(
      [&] { find_series_of_run(store, all_series, 9); },
      ThrowsMessage<InputError>(HasSubstr("there is no run 9")));
}

TEST_F(RecallRowsTest, PoliciesOfOneKindHaveTheirNumbersInTheirNames) {
  auto store = open();
  fill(store, 4);
  answer(store, plan(store, tests::uniform("nano-4")), 1, "correct");
  answer(store, plan(store, tests::uniform("nano-9")), 1, "correct");

  const auto all_series = answered_series(store);

  ASSERT_THAT(all_series, SizeIs(2));
  EXPECT_EQ(all_series[0].name, "uniform (policy 1), 1000 positions");
  EXPECT_EQ(all_series[1].name, "uniform (policy 2), 1000 positions");
}

TEST_F(RecallRowsTest, ModesCostPositionsAndHoldFacts) {
  auto store = open();
  fill(store, 6);
  // A newer value for a key of the oldest page.
  import(
      store,
      R"({"conversation": "more", "seq": 1, "role": "user", "text": "x",
          "time": null, "facts": [{"key": "locker 1", "value": "y"}]})");
  store.database().run(
      "UPDATE fact SET key = 'locker 6' WHERE key = 'locker 1' AND id = 1");
  const int64_t id = plan(store, ladder());
  answer(store, id, 6, "correct");

  const auto costs = mode_costs(store, answered_series(store)[0]);

  ASSERT_THAT(costs, SizeIs(3));
  EXPECT_EQ(costs[0].mode, "nano-9");
  EXPECT_EQ(costs[0].positions, 13);
  EXPECT_EQ(costs[0].facts, 2);
  EXPECT_EQ(costs[2].mode, "gone");
  EXPECT_EQ(costs[2].positions, 0);
  // Turn 6 states its key again, so that of turn 1 does not count.
  EXPECT_EQ(costs[2].facts, 1);
}

TEST_F(RecallRowsTest, AStoreWithoutAnswersSaysWhatToDo) {
  auto store = open();
  fill(store, 2);

  EXPECT_THAT(
      [&] { find_series(store, answered_series(store), std::nullopt); },
      ThrowsMessage<InputError>(
          HasSubstr("there are no answers; `microfiche memory recall`")));
}

TEST_F(RecallRowsTest, AnOutcomeOfALaterVersionIsRefused) {
  auto store = open();
  fill(store, 2);
  answer(store, plan(store, ladder()), 1, "dreamt");

  EXPECT_THAT(
      [&] { recall_rows(store, answered_series(store)[0]); },
      ThrowsMessage<InputError>(HasSubstr("unknown outcome \"dreamt\"")));
}

} // namespace
} // namespace microfiche::memory::curve
