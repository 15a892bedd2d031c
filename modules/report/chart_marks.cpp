#include "report/chart_marks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "report/html.h"
#include "report/svg.h"

namespace microfiche::report {
namespace {

constexpr double kBarHeight = 15;

std::string colour_of(const ChartSeries& series) {
  return series.colour < 0 ? "var(--grey)"
                           : concat("var(--c", series.colour % 6, ")");
}

std::string title_element(const std::string& tooltip) {
  return tooltip.empty() ? "" : "<title>" + escape_html(tooltip) + "</title>";
}

/// The numbers of a point, for programs that read the file.
SvgAttributes data_attributes(const ChartPoint& point) {
  SvgAttributes data = {{"data-x", exact(point.x)}, {"data-y", exact(point.y)}};
  if (point.interval) {
    data.emplace_back("data-low", exact(point.interval->first));
    data.emplace_back("data-high", exact(point.interval->second));
  }
  if (point.value) {
    data.emplace_back("data-value", exact(*point.value));
  }
  return data;
}

SvgAttributes join_attributes(
    SvgAttributes first,
    const SvgAttributes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string marker_svg(
    const ChartSeries& series,
    double x,
    double y,
    const SvgAttributes& data = {},
    const std::string& tooltip = "") {
  const auto colour = colour_of(series);
  const auto style = join_attributes(
      {{"class", "mark"},
       {"fill", series.filled ? colour : "var(--paper)"},
       {"stroke", colour}},
      data);
  const auto polygon =
      [&](std::initializer_list<std::pair<double, double>> corners) {
        std::string points;
        for (const auto& [dx, dy] : corners) {
          points += concat(
              points.empty() ? "" : " ",
              svg_number(x + dx),
              ",",
              svg_number(y + dy));
        }
        return svg_element(
            "polygon",
            join_attributes({{"points", points}}, style),
            title_element(tooltip));
      };
  switch (series.marker) {
    case Marker::kCircle:
      return svg_element(
          "circle",
          join_attributes(
              {{"cx", svg_number(x)}, {"cy", svg_number(y)}, {"r", "4.5"}},
              style),
          title_element(tooltip));
    case Marker::kDiamond:
      return polygon({{0, -6}, {6, 0}, {0, 6}, {-6, 0}});
    case Marker::kTriangle:
      return polygon({{0, -5.5}, {5.5, 4.5}, {-5.5, 4.5}});
    case Marker::kSquare:
      return polygon({{-4.5, -4.5}, {4.5, -4.5}, {4.5, 4.5}, {-4.5, 4.5}});
    case Marker::kNone:
    case Marker::kBar:
    case Marker::kTile:
      break;
  }
  return "";
}

/// A bar is filled, hatched or light, so that series differ without colours.
std::string bar_svg(
    const ChartSeries& series,
    double left,
    double right,
    double y,
    const SvgAttributes& data = {},
    const std::string& tooltip = "") {
  const double top = y - kBarHeight / 2;
  const auto colour = colour_of(series);
  const int style = series.colour < 0 ? 2 : series.colour % 3;
  const SvgAttributes place = {
      {"x", svg_number(left)},
      {"y", svg_number(top)},
      {"width", svg_number(right - left)},
      {"height", svg_number(kBarHeight)}};
  // An opaque background hides the grid behind a light bar.
  auto svg =
      svg_element("rect", join_attributes(place, {{"fill", "var(--paper)"}}));
  svg += svg_element(
      "rect",
      join_attributes(
          join_attributes(
              place,
              {{"fill", colour},
               {"fill-opacity", style == 2 ? "0.2" : "0.9"},
               {"stroke", colour}}),
          data),
      title_element(tooltip));
  std::string hatches;
  for (double x = left + 4; style == 1 && x < right; x += 5) {
    hatches += concat(
        "M", svg_number(x), " ", svg_number(top + 1), "v", kBarHeight - 2);
  }
  if (!hatches.empty()) {
    svg += svg_element("path", {{"d", hatches}, {"stroke", "var(--paper)"}});
  }
  return svg;
}

struct Rgb {
  double red;
  double green;
  double blue;
};

/// Dark blue for 0 to bright yellow for 1, readable with colour blindness.
///
/// Source: Nuñez, Anderton and Renslow, "Optimizing colormaps with
/// consideration for color vision deficiency", arXiv:1712.01662 (cividis), at
/// five stops.
Rgb cividis(double value) {
  constexpr std::array<Rgb, 5> kStops = {
      {{0, 34, 78},
       {67, 78, 108},
       {125, 124, 120},
       {188, 175, 111},
       {254, 232, 56}}};
  const double at = std::clamp(value, 0.0, 1.0) * (kStops.size() - 1);
  const auto i = std::min(static_cast<size_t>(at), kStops.size() - 2);
  const double t = at - static_cast<double>(i);
  const auto mix = [&](double a, double b) {
    return std::round(a + t * (b - a));
  };
  const auto& low = kStops[i];
  const auto& high = kStops[i + 1];
  return {
      mix(low.red, high.red),
      mix(low.green, high.green),
      mix(low.blue, high.blue)};
}

/// Black or white, by the higher contrast with a colour (WCAG 2.2, "contrast
/// ratio").
const char* contrasting_colour(const Rgb& colour) {
  const auto linear = [](double channel) {
    const double c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  const double luminance = 0.2126 * linear(colour.red) +
      0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
  return luminance > 0.179 ? "#000" : "#fff";
}

std::string tile_svg(const ChartPoint& point, const ChartFrame& frame) {
  const double left = frame.x(point.x - 0.5);
  const double top = frame.y(point.y - 0.5);
  const double value = point.value.value_or(0);
  const auto colour = cividis(value);
  return svg_element(
             "rect",
             join_attributes(
                 {{"x", svg_number(left)},
                  {"y", svg_number(top)},
                  {"width", svg_number(frame.x(point.x + 0.5) - left)},
                  {"height", svg_number(frame.y(point.y + 0.5) - top)},
                  {"fill",
                   concat(
                       "rgb(",
                       colour.red,
                       ",",
                       colour.green,
                       ",",
                       colour.blue,
                       ")")},
                  {"stroke", "var(--paper)"},
                  {"stroke-width", "2"}},
                 data_attributes(point)),
             title_element(point.tooltip)) +
      svg_element(
             "text",
             {{"x", svg_number(frame.x(point.x))},
              {"y", svg_number(frame.y(point.y) + 5)},
              {"text-anchor", "middle"},
              {"style",
               concat(
                   "fill:",
                   contrasting_colour(colour),
                   ";font-size:15px;pointer-events:none")}},
             escape_html(point.label));
}

std::string joined_svg(const ChartSeries& series, const std::string& points) {
  SvgAttributes attributes = {
      {"class", "line"}, {"stroke", colour_of(series)}, {"points", points}};
  if (!series.dashes.empty()) {
    attributes.emplace_back("stroke-dasharray", series.dashes);
  }
  return svg_element("polyline", attributes);
}

std::string interval_svg(
    const ChartSeries& series,
    const ChartPoint& point,
    const ChartFrame& frame,
    bool rows) {
  const double x = frame.x(point.x);
  const double y = frame.y(point.y);
  const auto& [low, high] = *point.interval;
  const SvgAttributes stroke = {{"stroke", colour_of(series)}};
  return rows ? svg_line("bar", frame.x(low), y, frame.x(high), y, stroke)
              : svg_line("bar", x, frame.y(low), x, frame.y(high), stroke);
}

} // namespace

std::string legend_svg(const ChartSeries& series, const LegendEntry& entry) {
  std::string svg;
  const auto at = [&](double x) {
    return concat(svg_number(x), ",", svg_number(entry.y));
  };
  if (series.marker == Marker::kBar) {
    svg += bar_svg(series, entry.x, entry.x + 24, entry.y);
  } else if (series.line) {
    svg += joined_svg(series, at(entry.x) + " " + at(entry.x + 24));
  }
  svg += marker_svg(series, entry.x + 12, entry.y);
  return svg + svg_text(entry.x + 31, entry.y + 4, "start", series.name);
}

std::string
series_svg(const Chart& chart, size_t index, const ChartFrame& frame) {
  const auto& series = chart.series[index];
  const auto starts = series.marker == Marker::kBar ? bar_starts(chart, index)
                                                    : std::vector<double>();
  std::string points;
  std::string upper;
  std::string lower;
  std::string intervals;
  std::string markers;
  for (size_t i = 0; i < series.points.size(); ++i) {
    const auto& point = series.points[i];
    if (!has_position(chart, point)) {
      continue;
    }
    if (series.marker == Marker::kTile) {
      markers += tile_svg(point, frame);
      continue;
    }
    if (series.marker == Marker::kBar) {
      markers += bar_svg(
          series,
          frame.x(starts[i]),
          frame.x(starts[i] + point.x),
          frame.y(point.y),
          data_attributes(point),
          point.tooltip);
      continue;
    }
    const auto x = svg_number(frame.x(point.x));
    points +=
        concat(points.empty() ? "" : " ", x, ",", svg_number(frame.y(point.y)));
    if (point.interval) {
      upper += concat(x, ",", svg_number(frame.y(point.interval->second)), " ");
      lower = concat(
          x, ",", svg_number(frame.y(point.interval->first)), " ", lower);
      if (series.marker != Marker::kNone) {
        intervals += interval_svg(series, point, frame, has_rows(chart));
      }
    }
    markers += marker_svg(
        series,
        frame.x(point.x),
        frame.y(point.y),
        data_attributes(point),
        point.tooltip);
  }
  std::string svg;
  if (series.line && !upper.empty() && !has_rows(chart)) {
    svg += svg_element(
        "polygon",
        {{"class", "band"},
         {"fill", colour_of(series)},
         {"points", upper + lower}});
  }
  if (series.line && !points.empty()) {
    svg += joined_svg(series, points);
  }
  return svg + intervals + markers;
}

} // namespace microfiche::report
