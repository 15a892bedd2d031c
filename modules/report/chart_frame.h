#pragma once

#include <string>
#include <vector>

#include "report/chart.h"

namespace microfiche::report {

/// A labelled position on an axis.
struct ChartTick {
  double value = 0;
  std::string text;
};

/// Range and ticks of an axis.
struct ChartScale {
  double low = 0;
  double high = 1;
  bool log = false;
  std::vector<ChartTick> ticks;

  /// Position of a value in the range: 0 at `low`, 1 at `high`.
  double fraction(double value) const;
};

/// Position of the plot area in the image, in SVG units, and its scales.
struct ChartFrame {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
  ChartScale x_scale;
  ChartScale y_scale;

  /// Whether y grows downwards: for names, not for numbers.
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

/// Position of a legend entry, in SVG units.
struct LegendEntry {
  double x = 0;
  double y = 0;
};

/// Width of a chart, and approximate width of a character, in SVG units.
inline constexpr double kChartWidth = 760;
inline constexpr double kChartCharacter = 6.8;

/// Whether the y axis has names, so that values are horizontal.
bool has_rows(const Chart& chart);

/// Whether a point can be drawn: finite, and positive on a log axis.
bool has_position(const Chart& chart, const ChartPoint& point);

/// Left ends of the bars of a series, stacked on the bars of earlier series.
std::vector<double> bar_starts(const Chart& chart, size_t series);

/// The legend positions of all series.
std::vector<LegendEntry> lay_out_legend(const Chart& chart);

/// The frame that `to_svg` draws in.
ChartFrame lay_out_frame(const Chart& chart);

/// The text, shortened to fit a width.
std::string truncate_to_width(const std::string& text, double width);

} // namespace microfiche::report
