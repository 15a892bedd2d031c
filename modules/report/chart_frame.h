#pragma once

#include <string>
#include <vector>

#include "report/chart.h"

namespace microfiche::report {

/// A number on an axis, or a name.
struct ChartTick {
  double value = 0;
  std::string text;
};

/// What an axis covers, and where its ticks are.
struct ChartScale {
  double low = 0;
  double high = 1;
  bool log = false;
  std::vector<ChartTick> ticks;

  /// Where a value lies between the ends: 0 at `low`, 1 at `high`.
  double part(double value) const;
};

/// Where a chart's plot lies in its picture, in SVG units, and what it covers.
struct ChartFrame {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
  ChartScale x_scale;
  ChartScale y_scale;

  /// Names run from the top down, numbers upwards.
  bool y_downwards = false;

  double x(double value) const;
  double y(double value) const;
  double right() const {
    return left + width;
  }
  double bottom() const {
    return top + height;
  }
};

/// The name of a series in the legend, at its place.
struct LegendEntry {
  double x = 0;
  double y = 0;
};

/// Width of every chart, and of a character of its text, about.
inline constexpr double kChartWidth = 760;
inline constexpr double kChartCharacter = 6.8;

/// Whether what is measured is horizontal.
bool has_rows(const Chart& chart);

/// Whether a point has a place in the chart.
bool has_position(const Chart& chart, const ChartPoint& point);

/// Left ends of the bars of a series, behind those of the series before it.
std::vector<double> bar_starts(const Chart& chart, size_t series);

/// The places of the series in the legend.
std::vector<LegendEntry> lay_out_legend(const Chart& chart);

/// The frame in which `to_svg` draws.
ChartFrame lay_out_frame(const Chart& chart);

/// A text cut to what fits into a width.
std::string truncate_to_width(const std::string& text, double width);

} // namespace microfiche::report
