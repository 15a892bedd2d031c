#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::experiments {

/// A point of a series, with the ends of its interval where it has one.
struct ChartPoint {
  double x = 0;
  double y = 0;
  std::optional<std::pair<double, double>> interval;

  /// What a pointer over the point shows.
  std::string note;
};

enum class Marker { kNone, kCircle, kDiamond, kTriangle, kSquare };

/// Points that belong together.
struct ChartSeries {
  std::string name;

  /// In [0, 6) one of six colours; -1 is grey.
  int colour = 0;
  Marker marker = Marker::kCircle;
  bool filled = true;

  /// Whether the points are joined, and the line's dashes as SVG has them.
  bool line = true;
  std::string dashes;
  std::vector<ChartPoint> points;
};

/// A line chart.
struct Chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  bool log_x = false;

  /// The ends of the vertical axis; from the points where absent.
  std::optional<std::pair<double, double>> y_range;
  std::vector<ChartSeries> series;
};

/// Where a chart's plot lies in its picture, in SVG units, and what it covers.
struct ChartFrame {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
  double min_x = 0;
  double max_x = 1;
  double min_y = 0;
  double max_y = 1;
  bool log_x = false;

  double x(double value) const;
  double y(double value) const;
};

/// The frame in which `to_svg` draws.
ChartFrame frame_of(const Chart& chart);

/// The chart as an SVG document of its own that follows the reader's light or
/// dark setting; it may also stand inside an HTML document.
std::string to_svg(const Chart& chart);

} // namespace microfiche::experiments
