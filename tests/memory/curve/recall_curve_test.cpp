#include "memory/curve/recall_curve.h"

#include "core/error.h"
#include "memory/curve/curve_tables.h"
#include "tests/memory/curve/recall_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace microfiche::memory::curve {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;
using tests::add_rows;
using tests::recall_row;

RecallCurve curve_of(
    const std::vector<RecallRow>& rows,
    CurveOptions options = {},
    const std::vector<ModeCost>& costs = {}) {
  options.resamples = 50;
  return make_curve({}, rows, costs, options);
}

/// Nine of ten right up to age 7, in nano-9; then none, in nano-1.
std::vector<RecallRow> ladder_rows() {
  std::vector<RecallRow> rows;
  for (int64_t age = 0; age < 16; ++age) {
    const size_t begin = rows.size();
    add_rows(rows, age, 10, age < 8 ? 9 : 0);
    for (size_t i = begin; i < rows.size(); ++i) {
      rows[i].tier = age < 8 ? 3 : 1;
      rows[i].characters_per_token = age < 8 ? 8 : 72;
    }
  }
  return rows;
}

TEST(RecallCurveTest, BinsDoubleAndEndWithTheOldestAge) {
  EXPECT_THAT(
      make_bins(11, 0),
      ElementsAre(
          AgeBin{0, 0},
          AgeBin{1, 1},
          AgeBin{2, 3},
          AgeBin{4, 7},
          AgeBin{8, 11}));
  EXPECT_THAT(
      make_bins(4, 2), ElementsAre(AgeBin{0, 1}, AgeBin{2, 3}, AgeBin{4, 4}));
  EXPECT_THAT(make_bins(0, 0), ElementsAre(AgeBin{0, 0}));
}

TEST(RecallCurveTest, BinsAreCutWhereTheModeChanges) {
  EXPECT_THAT(
      cut_bins({{0, 3}, {4, 7}}, {2, 4, 5, 6}),
      ElementsAre(
          AgeBin{0, 1},
          AgeBin{2, 3},
          AgeBin{4, 4},
          AgeBin{5, 5},
          AgeBin{6, 7}));

  std::vector<RecallRow> rows;
  for (int64_t age = 0; age < 16; ++age) {
    rows.push_back(recall_row(age, true));
    rows.back().tier = age < 11 ? 2 : 1;
    rows.back().mode = age < 11 ? "nano-4" : "nano-1";
  }
  EXPECT_EQ(curve_of(rows).bins.back(), (AgeBin{11, 15}));
  EXPECT_EQ(curve_of(rows).bin_modes.back(), "nano-1");

  // Two conversations that differ by a page.
  for (size_t i = 0; i < 16; ++i) {
    rows[i].tier = i < 11 || i == 12 ? 2 : 1;
  }
  EXPECT_EQ(curve_of(rows).bins.back(), (AgeBin{11, 15}));

  // Every other page: no cut shows that.
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].tier = i % 2 == 0 ? 1 : 2;
  }
  EXPECT_EQ(curve_of(rows).bins.back(), (AgeBin{8, 15}));
}

TEST(RecallCurveTest, RecallIsTheShareOfEachAge) {
  std::vector<RecallRow> rows;
  add_rows(rows, 0, 4, 4);
  add_rows(rows, 2, 3, 1);
  add_rows(rows, 3, 1, 1);
  add_rows(rows, 9, 5, 0);

  const auto curve = curve_of(rows);

  // Ages without a question have no bin.
  EXPECT_THAT(
      curve.bins, ElementsAre(AgeBin{0, 0}, AgeBin{2, 3}, AgeBin{8, 9}));
  const auto& bins = curve.subject().bins;
  EXPECT_EQ(bins[0].share.share, 1);
  EXPECT_EQ(bins[1].share.share, 0.5);
  EXPECT_EQ(bins[2].share.share, 0);
  EXPECT_EQ(curve.subject().all.share.correct, 6);
  EXPECT_EQ(curve.fewest_probes, 4);
}

TEST(RecallCurveTest, AgesMayCountTurns) {
  std::vector<RecallRow> rows;
  add_rows(rows, 3, 2, 1);

  CurveOptions options;
  options.unit = AgeAxis::kTurns;

  EXPECT_THAT(curve_of(rows, options).bins, ElementsAre(AgeBin{4, 6}));
}

TEST(RecallCurveTest, ALaddersHalfLifeIsAPropertyOfItsPolicy) {
  const auto curve = curve_of(ladder_rows());

  EXPECT_EQ(curve.fits.front().form, metrics::ForgettingForm::kStep);
  // The first age in nano-1.
  EXPECT_EQ(curve.fits.front().half_life, 8);
  EXPECT_THAT(findings(curve), Contains(HasSubstr("a property of the policy")));
  EXPECT_NEAR(curve.step_fit.front(), 0.9, 1e-12);
  EXPECT_NEAR(curve.step_fit.back(), 0, 1e-12);
}

TEST(RecallCurveTest, ASteepWeibullCurveIsSaidToBeAStep) {
  // Falls in the middle of a mode.
  std::vector<RecallRow> rows;
  for (int64_t age = 0; age < 16; ++age) {
    const size_t begin = rows.size();
    add_rows(rows, age, 20, age < 8 ? 18 : 0);
    for (size_t i = begin; i < rows.size(); ++i) {
      rows[i].tier = age < 12 ? 3 : 1;
    }
  }

  const auto curve = curve_of(rows);

  EXPECT_EQ(curve.fits.front().form, metrics::ForgettingForm::kWeibull);
  EXPECT_THAT(findings(curve), Contains(HasSubstr("it is a step itself")));
}

TEST(RecallCurveTest, TheRivalToBeatComesFirst) {
  std::vector<RecallRow> rows;
  for (const auto* method :
       {"wrong_page", "newest_text", "transcription", "text_search", "new"}) {
    rows.push_back(recall_row(0, true, method));
  }

  std::vector<std::string> names;
  for (const auto& method : curve_of(rows).methods) {
    names.push_back(method.method);
  }

  EXPECT_THAT(
      names,
      ElementsAre(
          "transcription", "new", "text_search", "newest_text", "wrong_page"));
}

TEST(RecallCurveTest, InOneModeTheStepModelIsAConstant) {
  std::vector<RecallRow> rows;
  // exp(-age / 6), in hundredths.
  const int64_t correct[] = {100, 85, 72, 61, 51, 43, 37, 31, 26, 22, 19, 16};
  for (int64_t age = 0; age < 12; ++age) {
    add_rows(rows, age, 100, correct[age]);
  }

  const auto curve = curve_of(rows);

  EXPECT_EQ(curve.fits.front().form, metrics::ForgettingForm::kExponential);
  EXPECT_NEAR(curve.fits.front().half_life, 6 * std::log(2.0), 0.1);
  EXPECT_THAT(findings(curve), Contains(HasSubstr("one mode")));
}

TEST(RecallCurveTest, TheFloorIsTheWrongPages) {
  std::vector<RecallRow> rows;
  add_rows(rows, 0, 10, 6);
  add_rows(rows, 0, 10, 2, kFloorMethod);

  const auto curve = curve_of(
      rows, {}, {{/*tier=*/1, "nano-9", /*pages=*/1, /*positions=*/13, 6}});

  ASSERT_TRUE(curve.floor.has_value());
  EXPECT_EQ(*curve.floor, 0.2);
  EXPECT_EQ(curve.subject().method, "transcription");
  EXPECT_NEAR(curve.modes[0].skill, 0.5, 1e-12);
  EXPECT_THAT(caveats(curve), Not(Contains(HasSubstr("floor counts as 0"))));
  EXPECT_THAT(
      caveats(curve_of({recall_row(0, true)})),
      Contains(HasSubstr("floor counts as 0")));
}

// The reference gives 2.2 and 1.4 positions per fact for six facts of a page at
// 13 and 7 positions with recall 1 and .817.
TEST(RecallCurveTest, PositionsPerRememberedFactAgreeWithTheReference) {
  std::vector<RecallRow> rows;
  add_rows(rows, 0, 1000, 1000);
  add_rows(rows, 1, 1000, 817);
  add_rows(rows, 2, 10, 0);
  for (auto& row : rows) {
    row.tier = 3 - row.age_pages;
  }

  const auto curve = curve_of(
      rows,
      {},
      {{3, "nano-9", 1, 13, 6},
       {2, "nano-4", 1, 7, 6},
       {1, "nano-1", 1, 3, 6}});

  EXPECT_NEAR(curve.modes[0].positions_per_fact, 2.2, 0.05);
  EXPECT_NEAR(curve.modes[1].positions_per_fact, 1.4, 0.05);
  EXPECT_TRUE(std::isinf(curve.modes[2].positions_per_fact));
  EXPECT_EQ(mode_table(curve).rows[2].back(), "-");
}

TEST(RecallCurveTest, FewerThan385QuestionsAtAnAgeAreASketch) {
  std::vector<RecallRow> rows;
  add_rows(rows, 0, 400, 200);
  add_rows(rows, 1, 384, 200);

  EXPECT_TRUE(curve_of(rows).is_sketch());
  EXPECT_THAT(caveats(curve_of(rows)).front(), HasSubstr("384 questions"));
  add_rows(rows, 1, 1, 1);
  EXPECT_FALSE(curve_of(rows).is_sketch());
}

TEST(RecallCurveTest, OneConversationHasWilsonsInterval) {
  std::vector<RecallRow> rows;
  add_rows(rows, 0, 10, 5);

  const auto curve = curve_of(rows);

  EXPECT_EQ(curve.subject().all.share, metrics::wilson_proportion(5, 10));
  EXPECT_THAT(caveats(curve), Contains(HasSubstr("1 conversation;")));
}

TEST(RecallCurveTest, IntervalsDrawWholeConversations) {
  std::vector<RecallRow> rows;
  for (int64_t conversation = 1; conversation <= 10; ++conversation) {
    for (int i = 0; i < 50; ++i) {
      rows.push_back(
          recall_row(0, conversation % 2 == 0, "transcription", conversation));
    }
  }

  const auto curve = curve_of(rows);

  const auto& share = curve.subject().all.share;
  EXPECT_TRUE(curve.by_conversation());
  EXPECT_GT(
      share.high - share.low,
      3 * (metrics::wilson_proportion(250, 500).high - 0.5));
}

TEST(RecallCurveTest, WhatWasNeverStatedHasNoAge) {
  std::vector<RecallRow> rows = {recall_row(0, true)};
  auto never = recall_row(0, false);
  never.fact = std::nullopt;
  never.outcome = Outcome::kAbstained;
  rows.push_back(never);
  never.outcome = Outcome::kInvented;
  rows.push_back(never);

  const auto curve = curve_of(rows);

  EXPECT_EQ(curve.subject().all.share.probes, 1);
  EXPECT_EQ(curve.subject().never_stated, 2);
  EXPECT_EQ(curve.subject().false_answers, 1);
}

TEST(RecallCurveTest, AWrongValueIsWorseThanNone) {
  Recall recall;
  recall.outcomes = {6, 10, 1, 1, 0, 0};

  EXPECT_EQ(recall.confabulation(), 0.25);
  recall.outcomes = {0, 10, 0, 0, 0, 0};
  EXPECT_TRUE(std::isnan(recall.confabulation()));
}

TEST(RecallCurveTest, TheLastLinesOfAPageHaveTheirOwnRecall) {
  std::vector<RecallRow> rows;
  add_rows(rows, 0, 8, 4);
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].place = static_cast<double>(i) / 8;
  }

  const auto places = curve_of(rows).places;

  ASSERT_EQ(places.size(), 4);
  for (size_t place = 0; place < 4; ++place) {
    EXPECT_EQ(places[place].all.share.probes, 2);
    EXPECT_EQ(places[place].all.share.share, place < 2 ? 1 : 0);
    EXPECT_EQ(places[place].bins[0].share.probes, 2);
  }
}

TEST(RecallCurveTest, ThePsychometricModelNeedsDensities) {
  EXPECT_THAT(
      caveats(curve_of(ladder_rows())),
      Not(Contains(HasSubstr("psychometric"))));

  auto rows = ladder_rows();
  rows.back().characters_per_token = std::nullopt;
  EXPECT_THAT(caveats(curve_of(rows)), Contains(HasSubstr("psychometric")));
}

TEST(RecallCurveTest, AMethodWithoutAnswersIsRefusedWithThoseThatHaveSome) {
  CurveOptions options;
  options.method = "lookup";

  EXPECT_THAT(
      [&] { curve_of({recall_row(0, true)}, options); },
      ThrowsMessage<InputError>(
          HasSubstr("\"lookup\"; the store has answers by: transcription")));
}

TEST(RecallCurveTest, NothingIsFittedIfTheWrongPageIsAlwaysRight) {
  std::vector<RecallRow> rows;
  add_rows(rows, 0, 4, 4);
  add_rows(rows, 0, 4, 4, kFloorMethod);

  const auto curve = curve_of(rows);

  EXPECT_TRUE(curve.fits.empty());
  EXPECT_THAT(caveats(curve), Contains(HasSubstr("nothing to fit")));
}

} // namespace
} // namespace microfiche::memory::curve
