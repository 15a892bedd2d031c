#include "report/chart_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/table.h"

namespace microfiche::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Chart two_points() {
  Chart chart;
  chart.title = "A & B";
  chart.x.log = true;
  chart.y.range = std::pair(0.0, 1.0);
  chart.series.push_back({"series", 0, Marker::kCircle, true, true, "", {}});
  chart.series[0].points = {
      {1, 1, std::pair(0.9, 1.0), "first <point>"},
      {16, 0.25, std::nullopt, "second"}};
  return chart;
}

TEST(ChartTest, ALogarithmicAxisHasEqualStepsForEqualFactors) {
  const auto frame = lay_out_frame(two_points());

  EXPECT_NEAR(frame.x(2) - frame.x(1), frame.x(8) - frame.x(4), 1e-9);
  EXPECT_GT(frame.x(1), frame.left);
  EXPECT_LT(frame.x(16), frame.left + frame.width);
}

TEST(ChartTest, TheVerticalAxisPointsUp) {
  const auto frame = lay_out_frame(two_points());

  EXPECT_DOUBLE_EQ(frame.y(1), frame.top);
  EXPECT_DOUBLE_EQ(frame.y(0), frame.top + frame.height);
}

TEST(ChartTest, PointsAreAtTheirFramePosition) {
  const auto chart = two_points();
  const auto frame = lay_out_frame(chart);

  const auto svg = to_svg(chart);

  const auto rounded = [](double value) {
    return exact(std::round(value * 100) / 100);
  };
  EXPECT_THAT(
      svg,
      HasSubstr(
          "<circle cx=\"" + rounded(frame.x(16)) + "\" cy=\"" +
          rounded(frame.y(0.25)) + "\""));
  EXPECT_THAT(svg, HasSubstr("data-x=\"16\" data-y=\"0.25\""));
}

TEST(ChartTest, TextIsEscaped) {
  const auto svg = to_svg(two_points());

  EXPECT_THAT(svg, HasSubstr("A &amp; B"));
  EXPECT_THAT(svg, HasSubstr("<title>first &lt;point&gt;</title>"));
  EXPECT_THAT(svg, Not(HasSubstr("<point>")));
}

TEST(ChartTest, AChartWithoutPointsIsValid) {
  Chart chart;
  chart.x.log = true;

  EXPECT_THAT(to_svg(chart), HasSubstr("</svg>"));
}

TEST(ChartTest, ASinglePointHasAFrame) {
  Chart chart;
  chart.series.push_back(
      {"s", 0, Marker::kCircle, true, true, "", {{3, 2, {}, ""}}});
  const auto frame = lay_out_frame(chart);

  EXPECT_TRUE(std::isfinite(frame.x(3)));
  EXPECT_TRUE(std::isfinite(frame.y(2)));
}

TEST(ChartTest, NamesRunDownAndIntervalsAlongRows) {
  Chart chart;
  chart.y.names = {"first", "second"};
  chart.x.range = std::pair(0.0, 1.0);
  ChartSeries series;
  series.points = {{0.5, 0, std::pair(0.25, 0.75)}, {0.5, 1}};
  chart.series = {series};
  const auto frame = lay_out_frame(chart);

  const auto svg = to_svg(chart);

  EXPECT_LT(frame.y(0), frame.y(1));
  EXPECT_THAT(svg, HasSubstr(">first</text>"));
  EXPECT_THAT(
      svg,
      HasSubstr("x1=\"" + exact(std::round(frame.x(0.25) * 100) / 100) + "\""));
}

TEST(ChartTest, BarsAreStacked) {
  Chart chart;
  chart.y.names = {"row"};
  ChartSeries bars;
  bars.marker = Marker::kBar;
  bars.points = {{2, 0}};
  chart.series = {bars, bars};
  chart.series[1].points = {{3, 0}};

  EXPECT_EQ(bar_starts(chart, 0), std::vector<double>{0});
  EXPECT_EQ(bar_starts(chart, 1), std::vector<double>{2});
  EXPECT_EQ(lay_out_frame(chart).x_scale.high, 5);
}

TEST(ChartTest, ATileHasColourTextAndData) {
  Chart chart;
  chart.x.names = {"a"};
  chart.y.names = {"b"};
  ChartSeries tiles;
  tiles.marker = Marker::kTile;
  ChartPoint dark;
  dark.value = 0;
  dark.label = "0.000";
  tiles.points = {dark};
  chart.series = {tiles};

  const auto svg = to_svg(chart);

  // The dark end of cividis as matplotlib has it, with white on it.
  EXPECT_THAT(svg, HasSubstr("rgb(0,34,78)"));
  EXPECT_THAT(svg, HasSubstr("fill:#fff"));
  EXPECT_THAT(svg, HasSubstr("data-value=\"0\""));
  EXPECT_THAT(svg, HasSubstr(">0.000</text>"));
}

TEST(ChartTest, PointsWithoutAPositionAreLeftOut) {
  auto chart = two_points();
  chart.series[0].points.push_back({INFINITY, 0.5});
  chart.series[0].points.push_back({0, 0.5});

  const auto svg = to_svg(chart);

  EXPECT_EQ(svg, to_svg(two_points()));
}

TEST(ChartTest, ANarrowLogarithmicAxisHasTicks) {
  Chart chart;
  chart.x.log = true;
  ChartSeries series;
  series.points = {{2.3, 1}, {2.4, 1}};
  chart.series = {series};

  EXPECT_GE(lay_out_frame(chart).x_scale.ticks.size(), 2u);
}

TEST(ChartTest, ValuesBecomeATable) {
  const auto table = values_of(two_points());

  EXPECT_THAT(table.header, ElementsAre("series", "x", "value", "low", "high"));
  EXPECT_THAT(table.rows[0], ElementsAre("series", "1", "1", "0.9", "1"));
  EXPECT_THAT(table.rows[1], ElementsAre("series", "16", "0.25", "-", "-"));
}

TEST(ChartTest, SeriesDifferAlsoInTheirMarkers) {
  EXPECT_NE(styled_series(0, "").marker, styled_series(1, "").marker);
  // Six colours and four markers give twelve combinations.
  for (int i = 1; i < 12; ++i) {
    const auto a = styled_series(0, "");
    const auto b = styled_series(i, "");
    EXPECT_FALSE(a.colour == b.colour && a.marker == b.marker) << i;
  }
}

} // namespace
} // namespace microfiche::report
