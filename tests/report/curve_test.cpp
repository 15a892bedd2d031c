#include "report/curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/paper_points.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using tests::TemporaryFolder;

const ChartSeries& find_series(const Chart& chart, const std::string& name) {
  for (const auto& series : chart.series) {
    if (series.name == name) {
      return series;
    }
  }
  throw std::runtime_error("no series " + name);
}

analysis::RunAnalysis named(
    const std::string& name,
    const analysis::RunSummary& summary) {
  analysis::RunAnalysis run;
  run.name = name;
  run.summary = summary;
  return run;
}

analysis::RunSummary oracle_summary() {
  TemporaryFolder folder;
  sweep::run_with_oracle(sweep::small_sweep(), folder.path());
  return analysis::summarize_run(sweep::read_run(folder.path()));
}

TEST(PaperPointsTest, MatchTable2) {
  int64_t pages = 0;
  double weighted = 0;
  for (const auto& point : analysis::paper_points()) {
    if (point.mode == "tiny") {
      pages += point.pages;
      weighted += static_cast<double>(point.pages) * point.precision;
    }
    // The printed ratio gives a mean text length inside the bin.
    const double text_tokens =
        point.compression_ratio * static_cast<double>(point.vision_tokens);
    EXPECT_GE(text_tokens, static_cast<double>(point.text_tokens_lower));
    EXPECT_LT(text_tokens, static_cast<double>(point.text_tokens_upper));
  }
  EXPECT_EQ(analysis::paper_points().size(), 14u);
  EXPECT_EQ(pages, 100);
  EXPECT_NEAR(weighted / 100, 0.857, 0.0005);
}

TEST(CurveTest, PointsAreTheMeansOfTheCellsAtTheirRatios) {
  const auto summary = oracle_summary();

  const auto chart = make_curve({named("run", summary)}, "edit_similarity");

  const auto& text = find_series(chart, "held-out text");
  ASSERT_EQ(text.points.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const auto& cell = summary.cells[i];
    EXPECT_EQ(text.points[i].x, cell.ratios.nominal);
    EXPECT_EQ(
        text.points[i].y,
        metrics::find_metric(cell.metrics, "edit_similarity").mean);
    EXPECT_THAT(text.points[i].tooltip, HasSubstr("5 pages"));
  }
}

TEST(CurveTest, ShowsThePapersPointsAndTheControls) {
  const auto chart =
      make_curve({named("run", oracle_summary())}, "edit_similarity");

  EXPECT_EQ(find_series(chart, "DeepSeek-OCR, Tiny (paper)").points.size(), 7u);
  EXPECT_EQ(
      find_series(chart, "DeepSeek-OCR, Tiny (paper)").points.back().y, 0.591);
  EXPECT_EQ(
      find_series(chart, "DeepSeek-OCR, Small (paper)").points.size(), 7u);
  EXPECT_EQ(find_series(chart, "random letters").points.size(), 1u);
  EXPECT_EQ(find_series(chart, "wrong page").points.size(), 2u);
  EXPECT_EQ(find_series(chart, "blank page").points.size(), 2u);
}

TEST(CurveTest, SeveralRunsDifferInNameAndColour) {
  const auto summary = oracle_summary();

  const auto chart = make_curve(
      {named("before", summary), named("after", summary)}, "set_precision");

  EXPECT_NE(
      find_series(chart, "before").colour, find_series(chart, "after").colour);
}

} // namespace
} // namespace microfiche::report
