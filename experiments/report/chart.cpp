#include "experiments/report/chart.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/table.h"
#include "experiments/report/html.h"

namespace microfiche::experiments {
namespace {

constexpr double kWidth = 820;
constexpr double kPlotHeight = 360;
constexpr double kLeft = 64;
constexpr double kRight = 20;
constexpr double kTitleHeight = 40;
constexpr double kLegendRow = 22;
constexpr double kBelow = 52;
constexpr double kCharacterWidth = 6.7;

// Colours by Okabe and Ito, which people with colour-blindness can tell apart;
// on dark paper the two darkest are lighter.
constexpr const char* kStyle = R"(<style>
.mf{--paper:#fff;--ink:#1c2128;--dim:#656d76;--grid:#e4e8ec;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#b8860b;--c5:#56b4e9;--grey:#7d8590;
font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.mf{--paper:#14171c;--ink:#e6e9ed;--dim:#9aa4af;--grid:#2a3038;
--c0:#4da3e0;--c1:#f08a4b;--c2:#35c496;--c3:#e29cc4;--c4:#e0b84c;--c5:#8ccbf0;--grey:#8b949e}}
.mf text{fill:var(--ink)}.mf .dim{fill:var(--dim)}.mf .grid{stroke:var(--grid);stroke-width:1}
.mf .axis{stroke:var(--dim);stroke-width:1}.mf .line{fill:none;stroke-width:2;stroke-linejoin:round}
.mf .bar{stroke-width:1.5;opacity:.75}.mf .band{stroke:none;opacity:.12}.mf .mark{stroke-width:1.75}
</style>
)";

std::string number(double value) {
  // Adding zero takes the sign off a rounded minus zero.
  return exact(std::round(value * 100) / 100 + 0.0);
}

std::string colour_of(const ChartSeries& series) {
  return series.colour < 0 ? "var(--grey)"
                           : concat("var(--c", series.colour % 6, ")");
}

/// Round numbers that cut [low, high] into a handful of parts.
std::vector<double> linear_ticks(double low, double high) {
  const double rough = (high - low) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step;
       ++i) {
    ticks.push_back(i * step);
  }
  return ticks;
}

/// 1, 2 and 5 times the powers of ten in [low, high].
std::vector<double> logarithmic_ticks(double low, double high) {
  std::vector<double> ticks;
  for (int power = -6; power <= 9; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, power);
      if (tick >= low * 0.999 && tick <= high * 1.001) {
        ticks.push_back(tick);
      }
    }
  }
  return ticks;
}

struct LegendEntry {
  double x;
  int row;
};

/// Places the names of the series in rows, left to right.
std::vector<LegendEntry> lay_out_legend(const Chart& chart) {
  std::vector<LegendEntry> entries;
  double x = kLeft;
  int row = 0;
  for (const auto& series : chart.series) {
    const double width =
        48 + kCharacterWidth * static_cast<double>(series.name.size());
    if (x > kLeft && x + width > kWidth - kRight) {
      x = kLeft;
      ++row;
    }
    entries.push_back({x, row});
    x += width;
  }
  return entries;
}

double legend_height(const Chart& chart) {
  const auto entries = lay_out_legend(chart);
  return entries.empty() ? 0 : kLegendRow * (entries.back().row + 1) + 6;
}

std::string marker_svg(
    const ChartSeries& series,
    double x,
    double y,
    const std::string& attributes = "",
    const std::string& note = "") {
  const auto colour = colour_of(series);
  const auto look = concat(
      " class=\"mark\" fill=\"",
      series.filled ? colour : "var(--paper)",
      "\" stroke=\"",
      colour,
      "\"",
      attributes);
  const auto title =
      note.empty() ? "" : "<title>" + escape_html(note) + "</title>";
  const auto polygon = [&](std::initializer_list<std::pair<double, double>>
                               corners) {
    std::string points;
    for (const auto& [dx, dy] : corners) {
      points += concat(
          points.empty() ? "" : " ", number(x + dx), ",", number(y + dy));
    }
    return concat(
        "<polygon points=\"", points, "\"", look, ">", title, "</polygon>\n");
  };
  switch (series.marker) {
    case Marker::kCircle:
      return concat(
          "<circle cx=\"",
          number(x),
          "\" cy=\"",
          number(y),
          "\" r=\"4.5\"",
          look,
          ">",
          title,
          "</circle>\n");
    case Marker::kDiamond:
      return polygon({{0, -6}, {6, 0}, {0, 6}, {-6, 0}});
    case Marker::kTriangle:
      return polygon({{0, -5.5}, {5.5, 4.5}, {-5.5, 4.5}});
    case Marker::kSquare:
      return polygon({{-4.5, -4.5}, {4.5, -4.5}, {4.5, 4.5}, {-4.5, 4.5}});
    case Marker::kNone:
      break;
  }
  return "";
}

std::string line_svg(const ChartSeries& series, const std::string& points) {
  return concat(
      "<polyline class=\"line\" stroke=\"",
      colour_of(series),
      "\"",
      series.dashes.empty() ? ""
                            : " stroke-dasharray=\"" + series.dashes + "\"",
      " points=\"",
      points,
      "\"/>\n");
}

std::string series_svg(const ChartSeries& series, const ChartFrame& frame) {
  const auto colour = colour_of(series);
  std::string points;
  std::string upper;
  std::string lower;
  std::string bars;
  std::string markers;
  for (const auto& point : series.points) {
    const auto x = number(frame.x(point.x));
    const auto y = number(frame.y(point.y));
    points += concat(points.empty() ? "" : " ", x, ",", y);
    if (point.interval) {
      const auto low = number(frame.y(point.interval->first));
      const auto high = number(frame.y(point.interval->second));
      upper += concat(x, ",", high, " ");
      lower = concat(x, ",", low, " ", lower);
      if (series.marker != Marker::kNone) {
        bars += concat(
            "<line class=\"bar\" stroke=\"",
            colour,
            "\" x1=\"",
            x,
            "\" x2=\"",
            x,
            "\" y1=\"",
            low,
            "\" y2=\"",
            high,
            "\"/>\n");
      }
    }
    markers += marker_svg(
        series,
        frame.x(point.x),
        frame.y(point.y),
        concat(
            " data-x=\"", exact(point.x), "\" data-y=\"", exact(point.y), "\""),
        point.note);
  }
  std::string svg;
  if (series.line && !upper.empty()) {
    svg += concat(
        "<polygon class=\"band\" fill=\"",
        colour,
        "\" points=\"",
        upper,
        lower,
        "\"/>\n");
  }
  if (series.line) {
    svg += line_svg(series, points);
  }
  return svg + bars + markers;
}

std::string axes_svg(const Chart& chart, const ChartFrame& frame) {
  const double right = frame.left + frame.width;
  const double bottom = frame.top + frame.height;
  std::string svg;
  for (const double tick : linear_ticks(frame.min_y, frame.max_y)) {
    const auto y = number(frame.y(tick));
    svg += concat(
        "<line class=\"grid\" x1=\"",
        number(frame.left),
        "\" x2=\"",
        number(right),
        "\" y1=\"",
        y,
        "\" y2=\"",
        y,
        "\"/>\n<text class=\"dim\" text-anchor=\"end\" x=\"",
        number(frame.left - 8),
        "\" y=\"",
        number(frame.y(tick) + 4),
        "\">",
        number(tick),
        "</text>\n");
  }
  const auto x_ticks = chart.log_x ? logarithmic_ticks(frame.min_x, frame.max_x)
                                   : linear_ticks(frame.min_x, frame.max_x);
  for (const double tick : x_ticks) {
    const auto x = number(frame.x(tick));
    svg += concat(
        "<line class=\"grid\" x1=\"",
        x,
        "\" x2=\"",
        x,
        "\" y1=\"",
        number(frame.top),
        "\" y2=\"",
        number(bottom),
        "\"/>\n<text class=\"dim\" text-anchor=\"middle\" x=\"",
        x,
        "\" y=\"",
        number(bottom + 18),
        "\">",
        exact(tick),
        chart.log_x ? "\u00d7" : "",
        "</text>\n");
  }
  svg += concat(
      "<line class=\"axis\" x1=\"",
      number(frame.left),
      "\" x2=\"",
      number(right),
      "\" y1=\"",
      number(bottom),
      "\" y2=\"",
      number(bottom),
      "\"/>\n<text text-anchor=\"middle\" x=\"",
      number(frame.left + frame.width / 2),
      "\" y=\"",
      number(bottom + 40),
      "\">",
      escape_html(chart.x_label),
      "</text>\n<text text-anchor=\"middle\" transform=\"translate(18 ",
      number(frame.top + frame.height / 2),
      ") rotate(-90)\">",
      escape_html(chart.y_label),
      "</text>\n");
  return svg;
}

std::string legend_svg(const Chart& chart) {
  const auto entries = lay_out_legend(chart);
  std::string svg;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const auto& series = chart.series[i];
    const double x = entries[i].x;
    const double y = kTitleHeight + kLegendRow * (entries[i].row + 0.5);
    if (series.line) {
      svg += line_svg(
          series,
          concat(
              number(x), ",", number(y), " ", number(x + 24), ",", number(y)));
    }
    svg += marker_svg(series, x + 12, y);
    svg += concat(
        "<text x=\"",
        number(x + 31),
        "\" y=\"",
        number(y + 4),
        "\">",
        escape_html(series.name),
        "</text>\n");
  }
  return svg;
}

} // namespace

double ChartFrame::x(double value) const {
  const double part = log_x ? std::log(value / min_x) / std::log(max_x / min_x)
                            : (value - min_x) / (max_x - min_x);
  return left + part * width;
}

double ChartFrame::y(double value) const {
  return top + (1 - (value - min_y) / (max_y - min_y)) * height;
}

ChartFrame frame_of(const Chart& chart) {
  ChartFrame frame;
  frame.left = kLeft;
  frame.top = kTitleHeight + legend_height(chart);
  frame.width = kWidth - kLeft - kRight;
  frame.height = kPlotHeight;
  frame.log_x = chart.log_x;
  double min_x = INFINITY;
  double max_x = -INFINITY;
  double min_y = INFINITY;
  double max_y = -INFINITY;
  for (const auto& series : chart.series) {
    for (const auto& point : series.points) {
      min_x = std::min(min_x, point.x);
      max_x = std::max(max_x, point.x);
      min_y = std::min(min_y, point.interval ? point.interval->first : point.y);
      max_y =
          std::max(max_y, point.interval ? point.interval->second : point.y);
    }
  }
  if (min_x > max_x) {
    min_x = chart.log_x ? 1 : 0;
    max_x = 10;
    min_y = 0;
    max_y = 1;
  }
  if (chart.log_x) {
    frame.min_x = min_x / 1.15;
    frame.max_x = max_x * 1.15;
  } else {
    frame.min_x = min_x;
    frame.max_x = max_x > min_x ? max_x : min_x + 1;
  }
  const double margin = max_y > min_y ? 0.05 * (max_y - min_y) : 0.5;
  frame.min_y = chart.y_range ? chart.y_range->first : min_y - margin;
  frame.max_y = chart.y_range ? chart.y_range->second : max_y + margin;
  return frame;
}

std::string to_svg(const Chart& chart) {
  const auto frame = frame_of(chart);
  const double height = frame.top + frame.height + kBelow;
  std::string svg = concat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"mf\" role=\"img\" "
      "aria-label=\"",
      escape_html(chart.title),
      "\" viewBox=\"0 0 ",
      number(kWidth),
      " ",
      number(height),
      "\">\n",
      kStyle,
      "<rect width=\"100%\" height=\"100%\" fill=\"var(--paper)\"/>\n"
      "<text x=\"",
      number(kLeft),
      "\" y=\"24\" style=\"font-weight:600;font-size:15px\">",
      escape_html(chart.title),
      "</text>\n");
  svg += legend_svg(chart) + axes_svg(chart, frame);
  for (const auto& series : chart.series) {
    svg += series_svg(series, frame);
  }
  return svg + "</svg>\n";
}

} // namespace microfiche::experiments
