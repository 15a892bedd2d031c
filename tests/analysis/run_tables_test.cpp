#include "analysis/run_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/costs.h"
#include "analysis/effects.h"
#include "analysis/information.h"
#include "analysis/paper_comparison.h"

namespace microfiche::analysis {
namespace {

using ::testing::ElementsAre;

/// A run in memory with given cells and scores.
void set_metric(
    metrics::PageScores& scores,
    const std::string& name,
    double value) {
  scores.values[metrics::metric_index(name)] = value;
}

class RunTablesTest : public ::testing::Test {
 protected:
  RunTablesTest() {
    run.config.modes = {"m"};
    run.config.characters_per_token = {2};
    run.config.profile = "nfkc-ws";
    run.config.controls = {false, false, {}, {}};
    summary.headline = "edit_similarity";
  }

  sweep::Sample& add(const sweep::Cell& cell, double score) {
    sweep::Sample sample;
    sample.cell = cell;
    sample.index = 0;
    for (const auto& other : run.samples) {
      sample.index += other.cell == cell;
    }
    set_metric(sample.metrics, "edit_similarity", score);
    sample.page.characters = 10;
    run.samples.push_back(sample);
    return run.samples.back();
  }

  const sweep::Cell plain{
      "m",
      conditions::kNaturalText,
      "plain",
      2.0,
      std::nullopt};
  sweep::Run run;
  RunSummary summary;
};

TEST_F(RunTablesTest, TheRowOfAnEffectNamesItsValuesOnTheAxes) {
  run.config.conditions.page = {"none", "blur:1"};
  run.config.windows = {0, 32};
  for (const int64_t window : run.config.windows) {
    auto untouched = plain;
    untouched.window = window;
    auto blurred = untouched;
    blurred.page_condition = "blur:1";
    add(untouched, 0.9);
    add(blurred, 0.8);
  }

  const auto table = effects_table(compute_effects(run, summary));

  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0][3], "blur:1, window 0");
  EXPECT_EQ(table.rows[1][3], "blur:1, window 32");
}

TEST_F(RunTablesTest, AnEffectIsTheGapToTheUntouchedPages) {
  run.config.conditions.page = {"none", "blur:1"};
  auto blurred = plain;
  blurred.page_condition = "blur:1";
  for (const double score : {1.0, 0.8}) {
    add(plain, score);
    add(blurred, score - 0.3);
  }

  const auto effects = compute_effects(run, summary);

  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].pages, 2);
  EXPECT_NEAR(effects[0].score.mean, 0.6, 1e-12);
  EXPECT_NEAR(effects[0].untouched.mean, 0.9, 1e-12);
  EXPECT_NEAR(effects[0].gap.difference.mean, -0.3, 1e-12);
  EXPECT_NEAR(effects[0].gap.difference.high, -0.3, 1e-12);
  EXPECT_FALSE(effects[0].is_floor);
  EXPECT_TRUE(std::isnan(effects[0].skill));
}

TEST_F(RunTablesTest, SkillIsRelativeToTheFloor) {
  run.config.conditions.tokens = {"none", "prompt_alone"};
  auto alone = plain;
  alone.token_condition = "prompt_alone";
  add(plain, 0.8);
  add(alone, 0.2);

  const auto effects = compute_effects(run, summary);

  EXPECT_TRUE(effects[0].is_floor);
  EXPECT_NEAR(effects[0].skill, (0.8 - 0.2) / (1 - 0.2), 1e-12);
}

TEST_F(RunTablesTest, ALowerErrorRateIsMoreSkill) {
  run.config.conditions.page = {"none", "grey"};
  summary.headline = "normalized_edit_distance";
  summary.higher_is_better = false;
  auto grey = plain;
  grey.page_condition = "grey";
  set_metric(add(plain, 0).metrics, "normalized_edit_distance", 0.2);
  set_metric(add(grey, 0).metrics, "normalized_edit_distance", 0.8);

  EXPECT_NEAR(compute_effects(run, summary)[0].skill, 0.75, 1e-12);
}

TEST_F(RunTablesTest, BitsArePerCharacterOfTheReference) {
  auto& sample = add(plain, 1);
  sample.reading.log_likelihood = -5 * std::log(2.0);
  sample.reading.log_likelihood_without_page = -45 * std::log(2.0);
  sample.reading.confidence =
      sweep::Confidence{{0.9, 0.9, 0.5, 0.5}, {true, true, true, false}};

  const auto cells = compute_information(run);

  ASSERT_EQ(cells.size(), 1u);
  EXPECT_NEAR(cells[0].bits_with_page.mean, 0.5, 1e-12);
  EXPECT_NEAR(cells[0].bits_without_page.mean, 4.5, 1e-12);
  EXPECT_NEAR(cells[0].bits_gained.mean, 4, 1e-12);
  // Two tokens with confidence .9 are correct, and one of two with .5.
  EXPECT_NEAR(cells[0].calibration_error, (2 * 0.1 + 2 * 0.0) / 4, 1e-12);
  EXPECT_EQ(reliability_table(cells).rows.size(), 2u);
}

TEST_F(RunTablesTest, WithoutLogLikelihoodsThereIsNoInformation) {
  add(plain, 1);

  EXPECT_TRUE(compute_information(run).empty());
}

TEST_F(RunTablesTest, CostsAreMeansOverPages) {
  for (const double decode : {1.0, 3.0}) {
    auto& sample = add(plain, 1);
    sample.seconds.decode = decode;
    sample.reading.new_tokens = 100;
    sample.kv_cache_bytes = {1024, 4096};
    sample.peak_memory_bytes = 5 << 20;
  }

  const auto table = costs_table(compute_costs(run));

  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_THAT(
      table.rows[0],
      ElementsAre(
          "m",
          "plain",
          "2 characters/token",
          "corpus",
          "2",
          "0.0000",
          "0.0000",
          "2.0000",
          "50.0",
          "5",
          "1.0",
          "4.0",
          "4.00"));
}

TEST_F(RunTablesTest, ACellIsComparedWithThePapersPoint) {
  CellSummary cell;
  cell.cell = {
      "tiny",
      conditions::kNaturalText,
      "plain",
      std::nullopt,
      std::pair(600, 700)};
  cell.pages = 7;
  cell.ratios.nominal = 10.4;
  metrics::PageScores scores;
  set_metric(scores, "set_precision", 0.9);
  cell.metrics = metrics::summarize({scores}, 0);
  summary.cells = {cell};
  summary.cells.push_back(cell);
  summary.cells[1].cell.text_tokens = std::pair(601, 700);

  const auto table = paper_table(compare_with_paper(summary));

  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_THAT(
      table.rows[0],
      ElementsAre(
          "tiny",
          "600-700",
          "7",
          "7",
          "10.5",
          "10.4",
          "0.965",
          "0.900",
          "0.900",
          "0.900",
          "-0.065"));
}

} // namespace
} // namespace microfiche::analysis
