#include "analysis/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using tests::TemporaryFolder;

class CompareTest : public ::testing::Test {
 protected:
  CompareTest() {
    sweep::run_with_oracle(sweep::small_sweep(), folder.path());
    run = sweep::read_run(folder.path());
  }

  TemporaryFolder folder;
  sweep::Run run;
};

TEST_F(CompareTest, EqualRunsHaveNoDifference) {
  const auto cells = compare_runs(run, run).cells;

  ASSERT_EQ(cells.size(), 4u);
  EXPECT_EQ(cells.back().cell, "all");
  EXPECT_EQ(cells.back().paired.pages, 15);
  EXPECT_EQ(cells.back().paired.difference.mean, 0);
  EXPECT_EQ(cells.back().paired.p_value, 1);
}

TEST_F(CompareTest, FindsTheWorseCell) {
  auto worse = run;
  for (auto& sample : worse.samples) {
    if (sample.cell == run.samples[0].cell) {
      sample.metrics.values[metrics::metric_index("edit_similarity")] -= 0.5;
    }
  }

  const auto cells = compare_runs(run, worse).cells;

  EXPECT_NEAR(cells[0].paired.difference.mean, -0.5, 1e-12);
  EXPECT_EQ(cells[1].paired.difference.mean, 0);
  // Five pages, all worse: two of 32 arrangements are as extreme.
  EXPECT_DOUBLE_EQ(cells[0].paired.p_value, 2.0 / 32);
  // It is one of three cells.
  EXPECT_DOUBLE_EQ(cells[0].holm_p_value, 3 * 2.0 / 32);
  EXPECT_EQ(cells.back().holm_p_value, cells.back().paired.p_value);
}

TEST_F(CompareTest, LoopedPagesOfEitherRunAreLeftOutOfTheSecondTotal) {
  auto looped = run;
  const auto loop_rate = metrics::metric_index("loop_rate");
  looped.samples[0].metrics.values[loop_rate] = 1;

  const auto cells = compare_runs(run, looped).cells;

  EXPECT_EQ(cells.back().cell, "all without loops");
  EXPECT_EQ(cells.back().paired.pages, 14);
}

TEST_F(CompareTest, NotesNameTheNormalisationAndCellsOfFewPages) {
  const auto notes = comparison_notes(compare_runs(run, run));

  EXPECT_THAT(notes, HasSubstr("edit_similarity, normalisation nfkc-ws:"));
  EXPECT_THAT(notes, HasSubstr("Fewer than 30 pages"));
  EXPECT_THAT(notes, HasSubstr("all (15)"));
}

TEST_F(CompareTest, DifferentTextsOnAPageAreRefused) {
  auto other = run;
  other.samples[3].page.reference = "something else";

  EXPECT_THAT(
      [&] { compare_runs(run, other); },
      ThrowsMessage<InputError>(HasSubstr("has a different text in each")));
}

TEST_F(CompareTest, RunsOfDifferentProfilesAreRefused) {
  auto other = run;
  other.config.profile = "paper";

  EXPECT_THAT(
      [&] { compare_runs(run, other); },
      ThrowsMessage<InputError>(HasSubstr("runs of one profile")));
}

TEST_F(CompareTest, AnotherMetricCanBeCompared) {
  const auto comparison = compare_runs(run, run, "cer");

  EXPECT_EQ(comparison.metric, "cer");
  EXPECT_EQ(to_json(comparison)["metric"], "cer");
}

TEST_F(CompareTest, RunsWithoutACommonPageAreRefused) {
  auto other = run;
  other.samples.clear();

  EXPECT_THAT(
      [&] { compare_runs(run, other); },
      ThrowsMessage<InputError>(HasSubstr("no common page")));
}

} // namespace
} // namespace microfiche::analysis
