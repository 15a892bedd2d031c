#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/table.h"

namespace microfiche::report {

/// A point of a series.
struct ChartPoint {
  double x = 0;
  double y = 0;

  /// Interval of x if the y axis has names, else of y.
  std::optional<std::pair<double, double>> interval = std::nullopt;

  /// Shown on hover.
  std::string tooltip = "";

  /// Colour of a tile, from dark (0) to bright (1), and the text on it.
  std::optional<double> value = std::nullopt;
  std::string label = "";
};

enum class Marker {
  kNone,
  kCircle,
  kDiamond,
  kTriangle,
  kSquare,

  /// A bar of length x in row y, stacked on the bars of earlier series.
  kBar,

  /// A tile of a heat map.
  kTile,
};

/// Points with a common style and legend entry.
struct ChartSeries {
  /// Empty for no legend entry.
  std::string name;

  /// One of six colours, in [0, 6), or -1 for grey.
  int colour = 0;
  Marker marker = Marker::kCircle;
  bool filled = true;

  /// Whether a line joins the points, and its `stroke-dasharray`.
  bool line = true;
  std::string dashes;
  std::vector<ChartPoint> points;
};

/// An empty series with the colour and the marker of index `i`. Markers differ
/// as well, so that series can be told apart without colours.
ChartSeries styled_series(int i, const std::string& name);

/// A grey dashed line without a legend entry.
ChartSeries reference_line(std::vector<ChartPoint> points);

struct ChartAxis {
  std::string label;
  bool log = false;

  /// Lower and upper end; taken from the points if absent.
  std::optional<std::pair<double, double>> range = std::nullopt;

  /// Labels at 0, 1, ..., from left to right or from top to bottom. An axis
  /// with names has no numbers.
  std::vector<std::string> names = {};

  /// Text after the number of a tick.
  std::string unit = "";
};

struct Chart {
  std::string title;

  /// Alternative text, for readers who cannot see the chart.
  std::string description;
  ChartAxis x;
  ChartAxis y;

  /// Height of a row if the y axis has names, in SVG units.
  double row_height = 25;
  std::vector<ChartSeries> series;
};

/// The chart as a complete SVG document, which can also be embedded in HTML. It
/// follows the reader's light or dark setting.
std::string to_svg(const Chart& chart);

/// The points of the chart as a table, for readers who cannot see the chart:
/// one row per point, numbers with four digits. Lines without markers and name
/// are left out.
Table values_of(const Chart& chart);

} // namespace microfiche::report
