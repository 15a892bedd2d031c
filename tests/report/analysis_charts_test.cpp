#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/acceptance_chart.h"
#include "report/comparison_chart.h"
#include "report/conditions_chart.h"
#include "report/cost_charts.h"
#include "report/grid_charts.h"
#include "report/information_charts.h"

// Each chart shows the numbers that the analysis computed.

namespace microfiche::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

metrics::Interval around(double mean) {
  return {mean, mean - 0.1, mean + 0.1, mean - 0.1, mean + 0.1};
}

sweep::Cell cell_of(const std::string& mode, double characters_per_token) {
  return {
      mode,
      conditions::kNaturalText,
      "plain",
      characters_per_token,
      std::nullopt};
}

analysis::CellSummary
summary_of(const sweep::Cell& cell, double score, int64_t pages = 40) {
  analysis::CellSummary summary;
  summary.cell = cell;
  summary.pages = pages;
  summary.pages_without_loops = pages;
  summary.ratios.nominal = 2;
  summary.characters_per_token = 9;
  summary.metrics.resize(metrics::all_metrics().size());
  summary.metrics[metrics::metric_index("edit_similarity")] = around(score);
  summary.without_loops = summary.metrics;
  return summary;
}

analysis::ConditionEffect
effect_of(const sweep::Cell& cell, double score, double gap) {
  analysis::ConditionEffect effect;
  effect.cell = cell;
  effect.pages = 40;
  effect.score = around(score);
  effect.gap.difference = around(gap);
  return effect;
}

analysis::RunSummary run_of(const std::vector<analysis::CellSummary>& cells) {
  analysis::RunSummary run;
  run.headline = "edit_similarity";
  run.cells = cells;
  return run;
}

const ChartSeries& named(const Chart& chart, const std::string& name) {
  for (const auto& series : chart.series) {
    if (series.name == name) {
      return series;
    }
  }
  throw std::runtime_error("no series " + name);
}

TEST(ConditionsChartTest, KindsAreSortedByHarmAndStrengthsKeepTheirOrder) {
  const auto plain = cell_of("m", 5);
  const auto with = [&](const char* condition) {
    auto cell = plain;
    cell.page_condition = condition;
    return cell;
  };
  const auto run = run_of(
      {summary_of(plain, 0.9),
       summary_of(with("blur:1"), 0.8),
       summary_of(with("blur:2"), 0.1),
       summary_of(with("jpeg:50"), 0.85)});

  const auto chart = make_conditions_chart(
      {effect_of(with("blur:1"), 0.8, -0.1),
       effect_of(with("blur:2"), 0.1, -0.8),
       effect_of(with("jpeg:50"), 0.85, -0.05)},
      run);

  EXPECT_THAT(
      chart->y.names, ElementsAre("untouched", "jpeg:50", "blur:1", "blur:2"));
  const auto& points = named(*chart, "m").points;
  ASSERT_EQ(points.size(), 4u);
  EXPECT_EQ(points[3].x, 0.1);
  EXPECT_EQ(points[3].y, 3);
  EXPECT_EQ(points[3].interval, std::pair(0.0, 0.2));
  EXPECT_THAT(points[3].tooltip, HasSubstr("gap to untouched -0.800"));
}

TEST(ConditionsChartTest, AFloorAndFewPagesAreNamed) {
  const auto plain = cell_of("m", 5);
  auto blank = plain;
  blank.page_condition = "blank";
  auto effect = effect_of(blank, 0.1, -0.8);
  effect.is_floor = true;
  effect.pages = 7;

  const auto chart = make_conditions_chart(
      {effect}, run_of({summary_of(plain, 0.9), summary_of(blank, 0.1)}));

  EXPECT_EQ(chart->y.names.back(), "blank (floor) (n = 7)");
}

TEST(ConditionsChartTest, WithoutConditionsThereIsNoChart) {
  EXPECT_FALSE(make_conditions_chart({}, run_of({})));
  EXPECT_FALSE(make_altered_words_chart({}));
}

TEST(ConditionsChartTest, SharesOfAlteredWordsSumToOne) {
  auto cell = cell_of("m", 5);
  cell.text_condition = "swapped_letters:20";
  auto effect = effect_of(cell, 0.9, 0);
  effect.altered = {20, 15, 2};

  const auto chart = make_altered_words_chart({effect});

  EXPECT_EQ(named(*chart, "as on the page").points[0].x, 0.75);
  EXPECT_EQ(named(*chart, "corrected").points[0].x, 0.1);
  EXPECT_EQ(named(*chart, "something else").points[0].x, 0.15);
}

TEST(HeatMapTest, HasATileForEveryModeAndLength) {
  const auto chart = make_heat_map(run_of(
      {summary_of(cell_of("a", 20), 0.5),
       summary_of(cell_of("a", 5), 0.9),
       summary_of(cell_of("b", 5), 0.7, 7)}));

  ASSERT_TRUE(chart);
  EXPECT_THAT(chart->x.names, ElementsAre("5/token", "20/token"));
  EXPECT_THAT(chart->y.names, ElementsAre("a", "b"));
  const auto& tiles = chart->series[0].points;
  ASSERT_EQ(tiles.size(), 3u);
  EXPECT_EQ(tiles[0].value, 0.9);
  EXPECT_EQ(tiles[0].label, "0.900");
  EXPECT_THAT(tiles[0].tooltip, HasSubstr("0.900 [0.800, 1.000], 40 pages"));
  EXPECT_EQ(tiles[1].label, "0.700 (n = 7)");
}

TEST(HeatMapTest, WithOneModeThereIsNoChart) {
  EXPECT_FALSE(make_heat_map(run_of(
      {summary_of(cell_of("a", 20), 0.5), summary_of(cell_of("a", 5), 0.9)})));
}

TEST(DensityChartTest, ATextInSeveralModesIsASeries) {
  sweep::Cell bin{
      "a", conditions::kNaturalText, "plain", std::nullopt, std::pair(10, 20)};
  auto wide = bin;
  wide.mode = "b";
  auto cells = std::vector{summary_of(bin, 0.9), summary_of(wide, 0.7)};
  cells[1].ratios.nominal = 1;
  cells[1].characters_per_token = 4;

  const auto ratio =
      make_density_chart(run_of(cells), DensityAxis::kCompressionRatio);
  const auto density =
      make_density_chart(run_of(cells), DensityAxis::kCharactersPerToken);

  ASSERT_EQ(ratio->series.size(), 1u);
  EXPECT_EQ(ratio->series[0].points[0].x, 1);
  EXPECT_EQ(density->series[0].points[0].x, 4);
  EXPECT_EQ(density->series[0].points[0].y, 0.7);
  cells.pop_back();
  EXPECT_FALSE(
      make_density_chart(run_of(cells), DensityAxis::kCompressionRatio));
}

TEST(CostChartsTest, ChartsShowStagesTimeAndCache) {
  analysis::CellCost cost;
  cost.cell = cell_of("a", 5);
  cost.encode_seconds = 0.002;
  cost.prefill_seconds = 0.001;
  cost.decode_seconds = 0.005;
  cost.page_cache_bytes = 1024;
  cost.text_cache_bytes = 4096;

  const auto seconds = make_seconds_chart({cost});
  const auto cache = make_cache_chart({cost});
  const auto over_time = make_precision_over_cost_chart(
      {cost}, run_of({summary_of(cost.cell, 0.9)}));

  EXPECT_EQ(named(seconds, "encode").points[0].x, 2);
  EXPECT_EQ(named(seconds, "decode").points[0].x, 5);
  EXPECT_EQ(named(cache, "page").points[0].x, 1);
  EXPECT_EQ(named(cache, "text, in the model's text tokens").points[0].x, 4);
  EXPECT_DOUBLE_EQ(over_time.series[0].points[0].x, 8);
  EXPECT_EQ(over_time.series[0].points[0].y, 0.9);
}

analysis::RunAnalysis drafted_run(std::optional<double> seconds) {
  analysis::RunAnalysis run;
  for (const double density : {20.0, 5.0}) {
    const auto cell = cell_of("a", density);
    run.summary.cells.push_back(summary_of(cell, density == 5 ? 0.98 : 0.7));
    run.summary.cells.back().ratios.nominal = density / 4;
    analysis::CellCost cost;
    cost.cell = cell;
    cost.drafted_decode_seconds = seconds;
    cost.accepted_share = density == 5 ? 0.9 : 0.4;
    run.costs.push_back(cost);
  }
  run.summary.headline = "edit_similarity";
  return run;
}

TEST(AcceptanceChartTest, ShowsTheSharesBesideThePrecision) {
  const auto chart = make_acceptance_chart({drafted_run(0.5)});

  ASSERT_TRUE(chart);
  ASSERT_EQ(chart->series.size(), 2u);
  const auto& accepted = named(*chart, "accepted").points;
  ASSERT_EQ(accepted.size(), 2u);
  EXPECT_EQ(accepted[0].x, 1.25);
  EXPECT_EQ(accepted[0].y, 0.9);
  EXPECT_EQ(accepted[1].y, 0.4);
  EXPECT_EQ(chart->series[1].points[1].y, 0.7);
  EXPECT_THAT(
      accepted[1].tooltip,
      HasSubstr("20 characters/token, corpus: 0.400 of the drafted ids"));
}

TEST(AcceptanceChartTest, WithoutDraftsThereIsNoChart) {
  EXPECT_FALSE(make_acceptance_chart({drafted_run(std::nullopt)}));
  auto nothing_drafted = drafted_run(0.5);
  for (auto& cost : nothing_drafted.costs) {
    cost.accepted_share = std::nan("");
  }
  EXPECT_FALSE(make_acceptance_chart({nothing_drafted}));
}

TEST(CostChartsTest, CellsWithConditionsAreDrawnOnlyAlone) {
  std::vector<analysis::CellCost> costs(2);
  costs[0].cell = cell_of("a", 5);
  costs[1].cell = costs[0].cell;
  costs[1].cell.page_condition = "blank";

  EXPECT_EQ(select_costs(costs).size(), 1u);
  EXPECT_EQ(select_costs({costs[1]}).size(), 1u);
}

TEST(InformationChartsTest, BinsOfFewTokensAreNotDrawn) {
  analysis::CellInformation information;
  information.cell = cell_of("a", 5);
  information.pages = 40;
  information.bits_gained = around(3);
  information.calibration_error = 0.125;
  information.reliability = {
      {0.4, 0.5, kFewTokens - 1, 0.45, 0.1}, {0.9, 1, 500, 0.95, 0.8}};

  const auto diagram = make_reliability_diagram({information});
  const auto bits = make_information_chart({information});

  const auto& points = named(*diagram, "a: ECE 0.125").points;
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].x, 0.95);
  EXPECT_EQ(points[0].y, 0.8);
  EXPECT_EQ(bits->series.back().points[0].x, 3);
  EXPECT_FALSE(make_information_chart({}));
  EXPECT_FALSE(make_reliability_diagram({}));
}

TEST(ComparisonChartTest, HasOneRowPerCell) {
  analysis::CellComparison cell;
  cell.cell = "a/corpus/plain/5";
  cell.label = "5 characters/token";
  cell.paired.pages = 40;
  cell.paired.difference = around(-0.25);

  const auto chart = make_comparison_chart({cell}, "edit_similarity");

  EXPECT_THAT(chart.y.names, ElementsAre("5 characters/token"));
  EXPECT_EQ(chart.series.back().points[0].x, -0.25);
  EXPECT_EQ(chart.series.back().points[0].interval->first, -0.35);
}

} // namespace
} // namespace microfiche::report
