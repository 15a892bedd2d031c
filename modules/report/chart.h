#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/table.h"

namespace microfiche::report {

/// A point of a series, with the ends of its interval where it has one.
struct ChartPoint {
  double x = 0;
  double y = 0;

  /// Of what is measured: x where the vertical axis has names, else y.
  std::optional<std::pair<double, double>> interval = std::nullopt;

  /// What a pointer over the point shows.
  std::string tooltip = "";

  /// Of a tile: its colour, from dark (0) to bright (1), and what is written on
  /// it.
  std::optional<double> value = std::nullopt;
  std::string label = "";
};

enum class Marker {
  kNone,
  kCircle,
  kDiamond,
  kTriangle,
  kSquare,

  /// A bar of length x in the row y, behind those of the series before it.
  kBar,

  /// A field of a heat map.
  kTile,
};

/// Points that belong together.
struct ChartSeries {
  /// Not in the legend where empty.
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

/// The colour and the shape of the series number `i`, so that a reader needs
/// no colours to tell series apart.
ChartSeries styled_series(int i, const std::string& name);

struct ChartAxis {
  std::string label;
  bool log = false;

  /// The ends; from the points where absent.
  std::optional<std::pair<double, double>> range = std::nullopt;

  /// What stands at 0, 1, ..., from left to right or from the top down; an axis
  /// with names has no numbers.
  std::vector<std::string> names = {};

  /// What follows the number at a tick.
  std::string unit = "";
};

struct Chart {
  std::string title;

  /// What the chart shows, for whoever does not see it.
  std::string description;
  ChartAxis x;
  ChartAxis y;

  /// Of a chart whose vertical axis has names, in SVG units.
  double row_height = 25;
  std::vector<ChartSeries> series;
};

/// The chart as an SVG document of its own that follows the reader's light or
/// dark setting; it may also stand inside an HTML document.
std::string to_svg(const Chart& chart);

/// The points of the chart, a row a point: what the chart is for whoever does
/// not see it. Lines that only guide the eye, without markers or a name, are
/// left out. Numbers have four digits.
Table values_of(const Chart& chart);

} // namespace microfiche::report
