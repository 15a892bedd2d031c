#include "experiments/report/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/table.h"

namespace microfiche::experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Chart two_points() {
  Chart chart;
  chart.title = "A & B";
  chart.log_x = true;
  chart.y_range = std::pair(0.0, 1.0);
  chart.series.push_back({"series", 0, Marker::kCircle, true, true, "", {}});
  chart.series[0].points = {
      {1, 1, std::pair(0.9, 1.0), "first <point>"},
      {16, 0.25, std::nullopt, "second"}};
  return chart;
}

TEST(ChartTest, ALogarithmicAxisHasEqualStepsForEqualFactors) {
  const auto frame = frame_of(two_points());

  EXPECT_NEAR(frame.x(2) - frame.x(1), frame.x(8) - frame.x(4), 1e-9);
  EXPECT_GT(frame.x(1), frame.left);
  EXPECT_LT(frame.x(16), frame.left + frame.width);
}

TEST(ChartTest, TheVerticalAxisRunsUpwards) {
  const auto frame = frame_of(two_points());

  EXPECT_DOUBLE_EQ(frame.y(1), frame.top);
  EXPECT_DOUBLE_EQ(frame.y(0), frame.top + frame.height);
}

TEST(ChartTest, PointsStandWhereTheFrameSays) {
  const auto chart = two_points();
  const auto frame = frame_of(chart);

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

TEST(ChartTest, AChartWithoutPointsIsStillOne) {
  Chart chart;
  chart.log_x = true;

  EXPECT_THAT(to_svg(chart), HasSubstr("</svg>"));
}

TEST(ChartTest, OnePointAloneHasAFrame) {
  Chart chart;
  chart.series.push_back(
      {"s", 0, Marker::kCircle, true, true, "", {{3, 2, {}, ""}}});
  const auto frame = frame_of(chart);

  EXPECT_TRUE(std::isfinite(frame.x(3)));
  EXPECT_TRUE(std::isfinite(frame.y(2)));
}

} // namespace
} // namespace microfiche::experiments
