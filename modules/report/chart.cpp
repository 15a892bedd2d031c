#include "report/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "report/chart_frame.h"
#include "report/chart_marks.h"
#include "report/html.h"
#include "report/svg.h"

namespace microfiche::report {
namespace {

// Colours after Okabe and Ito, distinct with colour blindness; darker on a
// white background and lighter on a dark one, for contrast.
constexpr const char* kStyle = R"(<style>
.mf{--paper:#fff;--ink:#1c2128;--dim:#5b636b;--grid:#e4e8ec;
--c0:#0072b2;--c1:#c85400;--c2:#008a65;--c3:#b0578d;--c4:#966d00;--c5:#2b2b2b;--grey:#717981;
font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.mf{--paper:#14171c;--ink:#e6e9ed;--dim:#9aa4af;--grid:#2a3038;
--c0:#4da3e0;--c1:#f08a4b;--c2:#35c496;--c3:#e29cc4;--c4:#e0b84c;--c5:#f5eecb;--grey:#8b949e}}
.mf text{fill:var(--ink)}.mf .dim{fill:var(--dim)}.mf .grid{stroke:var(--grid);stroke-width:1}
.mf .axis{stroke:var(--dim);stroke-width:1}.mf .line{fill:none;stroke-width:2;stroke-linejoin:round}
.mf .bar{stroke-width:1.75;opacity:.8}.mf .band{stroke:none;opacity:.12}.mf .mark{stroke-width:1.75}
</style>
)";

constexpr double kBottomMargin = 54;

/// A number with four significant digits.
std::string four_digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return std::isnan(value) ? "-" : text.data();
}

std::string x_axis_svg(const Chart& chart, const ChartFrame& frame) {
  std::string svg;
  const bool names = !chart.x.names.empty();
  for (const auto& tick : frame.x_scale.ticks) {
    const double x = frame.x(tick.value);
    if (!names) {
      svg += svg_line("grid", x, frame.top, x, frame.bottom());
    }
    svg += svg_text(x, frame.bottom() + 18, "middle", tick.text, "dim");
  }
  svg += svg_line(
      "axis", frame.left, frame.bottom(), frame.right(), frame.bottom());
  return svg +
      svg_text(
             frame.left + frame.width / 2,
             frame.bottom() + 40,
             "middle",
             chart.x.label);
}

std::string y_axis_svg(const Chart& chart, const ChartFrame& frame) {
  std::string svg;
  for (const auto& tick : frame.y_scale.ticks) {
    const double y = frame.y(tick.value);
    svg += svg_line("grid", frame.left, y, frame.right(), y);
    svg += svg_text(
        frame.left - 8,
        y + 4,
        "end",
        truncate_to_width(tick.text, frame.left - 12),
        has_rows(chart) ? "" : "dim");
  }
  if (!has_rows(chart)) {
    svg += svg_element(
        "text",
        {{"text-anchor", "middle"},
         {"transform",
          concat(
              "translate(18 ",
              svg_number(frame.top + frame.height / 2),
              ") rotate(-90)")}},
        escape_html(chart.y.label));
  }
  return svg;
}

/// The name at an axis position, or the number on an axis without names.
std::string position_text(const ChartAxis& axis, double value) {
  if (axis.names.empty()) {
    return four_digits(value);
  }
  const auto i = static_cast<size_t>(std::max(0.0, std::round(value)));
  return axis.names.at(std::min(i, axis.names.size() - 1));
}

} // namespace

ChartSeries styled_series(int i, const std::string& name) {
  constexpr std::array kShapes = {
      Marker::kCircle, Marker::kTriangle, Marker::kSquare, Marker::kDiamond};
  ChartSeries series;
  series.name = name;
  // The colour of the first series, which is the subject, is not used again.
  series.colour = i < 6 ? i : 1 + (i - 6) % 5;
  series.marker = kShapes[static_cast<size_t>(i) % kShapes.size()];
  return series;
}

ChartSeries reference_line(std::vector<ChartPoint> points) {
  ChartSeries line;
  line.colour = -1;
  line.marker = Marker::kNone;
  line.dashes = "4 4";
  line.points = std::move(points);
  return line;
}

std::string to_svg(const Chart& chart) {
  const auto frame = lay_out_frame(chart);
  auto svg = concat(
      "<title>",
      escape_html(chart.title),
      "</title>\n<desc>",
      escape_html(chart.description),
      "</desc>\n",
      kStyle,
      "<rect width=\"100%\" height=\"100%\" fill=\"var(--paper)\"/>\n"
      "<text x=\"24\" y=\"24\" style=\"font-weight:600;font-size:15px\">",
      escape_html(chart.title),
      "</text>\n");
  const auto legend = lay_out_legend(chart);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    if (!chart.series[i].name.empty()) {
      svg += legend_svg(chart.series[i], legend[i]);
    }
  }
  svg += x_axis_svg(chart, frame) + y_axis_svg(chart, frame);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    svg += series_svg(chart, i, frame);
  }
  return svg_element(
      "svg",
      {{"xmlns", "http://www.w3.org/2000/svg"},
       {"class", "mf"},
       {"role", "img"},
       {"aria-label", chart.title},
       {"viewBox",
        concat(
            "0 0 ",
            svg_number(kChartWidth),
            " ",
            svg_number(frame.bottom() + kBottomMargin))}},
      "\n" + svg);
}

Table values_of(const Chart& chart) {
  bool intervals = false;
  bool tiles = false;
  bool names = false;
  for (const auto& series : chart.series) {
    names = names || !series.name.empty();
    tiles = tiles || series.marker == Marker::kTile;
    for (const auto& point : series.points) {
      intervals = intervals || point.interval;
    }
  }
  const auto label = [](const ChartAxis& axis, const char* fallback) {
    return axis.label.empty() ? fallback : axis.label;
  };
  Table table;
  table.header = has_rows(chart)
      ? std::vector{label(chart.y, "row"), label(chart.x, "value")}
      : std::vector{label(chart.x, "x"), label(chart.y, "value")};
  if (names) {
    table.header.insert(table.header.begin(), "series");
  }
  if (tiles) {
    table.header.emplace_back("value");
  }
  if (intervals) {
    table.header.insert(table.header.end(), {"low", "high"});
  }
  for (const auto& series : chart.series) {
    if (series.marker == Marker::kNone && series.name.empty()) {
      continue;
    }
    for (const auto& point : series.points) {
      std::vector<std::string> row = {
          position_text(chart.x, point.x), position_text(chart.y, point.y)};
      if (has_rows(chart)) {
        std::swap(row[0], row[1]);
      }
      if (names) {
        row.insert(row.begin(), series.name);
      }
      if (tiles) {
        row.push_back(four_digits(point.value.value_or(NAN)));
      }
      if (intervals) {
        const auto ends = point.interval.value_or(std::pair(NAN, NAN));
        row.push_back(four_digits(ends.first));
        row.push_back(four_digits(ends.second));
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

} // namespace microfiche::report
