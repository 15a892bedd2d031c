#include "report/chart_frame.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/utf8.h"

namespace microfiche::report {
namespace {

constexpr double kRightMargin = 24;
constexpr double kTitleHeight = 40;
constexpr double kLegendRow = 22;
constexpr double kPlotHeight = 340;
constexpr double kNumbersWidth = 64;
constexpr double kMaxNamesWidth = 300;

double width_of(const std::string& text) {
  return kChartCharacter * static_cast<double>(decode_utf8(text).text.size());
}

bool has_marker(const Chart& chart, Marker marker) {
  return std::any_of(
      chart.series.begin(), chart.series.end(), [&](const auto& series) {
        return series.marker == marker;
      });
}

/// The number of a tick, with the digits of the step.
std::string tick_text(double value, double step) {
  const int digits =
      std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  return fixed(std::abs(value) < step / 2 ? 0 : value, digits);
}

/// About five round numbers in [low, high].
std::vector<ChartTick> linear_ticks(double low, double high) {
  const double rough = (high - low) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<ChartTick> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step;
       ++i) {
    ticks.push_back({i * step, tick_text(i * step, step)});
  }
  return ticks;
}

/// 1, 2 and 5 times the powers of ten in [low, high].
std::vector<ChartTick> logarithmic_ticks(double low, double high) {
  std::vector<ChartTick> ticks;
  for (int power = -6; power <= 9; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, power);
      if (tick >= low * 0.999 && tick <= high * 1.001) {
        ticks.push_back({tick, tick_text(tick, std::pow(10, power))});
      }
    }
  }
  return ticks.size() < 2 ? linear_ticks(low, high) : ticks;
}

struct Ends {
  double low = INFINITY;
  double high = -INFINITY;

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

ChartScale scale_of(const ChartAxis& axis, Ends ends, bool measured) {
  ChartScale scale;
  if (!axis.names.empty()) {
    scale.low = -0.5;
    scale.high = static_cast<double>(axis.names.size()) - 0.5;
    for (size_t i = 0; i < axis.names.size(); ++i) {
      scale.ticks.push_back({static_cast<double>(i), axis.names[i]});
    }
    return scale;
  }
  if (ends.low > ends.high) {
    ends = axis.log ? Ends{1, 10} : Ends{0, 1};
  }
  scale.log = axis.log;
  if (axis.range) {
    scale.low = axis.range->first;
    scale.high = axis.range->second;
  } else if (axis.log) {
    scale.low = ends.low / 1.15;
    scale.high = ends.high * 1.15;
  } else {
    const double margin = ends.high > ends.low
        ? (measured ? 0.05 * (ends.high - ends.low) : 0)
        : 0.5;
    scale.low = ends.low - margin;
    scale.high = ends.high + margin;
  }
  scale.ticks = axis.log ? logarithmic_ticks(scale.low, scale.high)
                         : linear_ticks(scale.low, scale.high);
  for (auto& tick : scale.ticks) {
    tick.text += axis.unit;
  }
  return scale;
}

/// Width of the labels left of the plot.
double left_margin(const Chart& chart) {
  double names = 0;
  for (const auto& name : chart.y.names) {
    names = std::max(names, width_of(name));
  }
  return has_rows(chart) || has_marker(chart, Marker::kTile)
      ? std::clamp(names + 24, kNumbersWidth, kMaxNamesWidth)
      : kNumbersWidth;
}

double plot_height(const Chart& chart) {
  return has_rows(chart)
      ? chart.row_height * static_cast<double>(chart.y.names.size())
      : kPlotHeight;
}

} // namespace

double ChartScale::fraction(double value) const {
  return log ? std::log(value / low) / std::log(high / low)
             : (value - low) / (high - low);
}

double ChartFrame::x(double value) const {
  return left + x_scale.fraction(value) * width;
}

double ChartFrame::y(double value) const {
  const double fraction = y_scale.fraction(value);
  return top + (y_downwards ? fraction : 1 - fraction) * height;
}

bool has_rows(const Chart& chart) {
  return !chart.y.names.empty();
}

bool has_position(const Chart& chart, const ChartPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y) &&
      (!chart.x.log || point.x > 0) && (!chart.y.log || point.y > 0);
}

std::vector<double> bar_starts(const Chart& chart, size_t series) {
  std::vector<double> starts;
  for (const auto& point : chart.series[series].points) {
    double start = 0;
    for (size_t before = 0; before < series; ++before) {
      for (const auto& other : chart.series[before].points) {
        if (chart.series[before].marker == Marker::kBar && other.y == point.y) {
          start += other.x;
        }
      }
    }
    starts.push_back(start);
  }
  return starts;
}

std::vector<LegendEntry> lay_out_legend(const Chart& chart) {
  std::vector<LegendEntry> entries;
  const double left = 24;
  double x = left;
  int row = 0;
  for (const auto& series : chart.series) {
    const double width = series.name.empty() ? 0 : 48 + width_of(series.name);
    if (x > left && x + width > kChartWidth - kRightMargin) {
      x = left;
      ++row;
    }
    entries.push_back({x, kTitleHeight + kLegendRow * (row + 0.5)});
    x += width;
  }
  return entries;
}

ChartFrame lay_out_frame(const Chart& chart) {
  Ends x;
  Ends y;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const auto& series = chart.series[i];
    const bool bars = series.marker == Marker::kBar;
    const auto starts = bars ? bar_starts(chart, i) : std::vector<double>();
    if (bars) {
      x.include(0);
    }
    for (size_t k = 0; k < series.points.size(); ++k) {
      const auto& point = series.points[k];
      if (!has_position(chart, point)) {
        continue;
      }
      x.include(bars ? starts[k] + point.x : point.x);
      y.include(point.y);
      if (point.interval) {
        auto& measured = has_rows(chart) ? x : y;
        measured.include(point.interval->first);
        measured.include(point.interval->second);
      }
    }
  }
  const auto legend = lay_out_legend(chart);
  const bool named = std::any_of(
      chart.series.begin(), chart.series.end(), [](const auto& series) {
        return !series.name.empty();
      });
  ChartFrame frame;
  frame.left = left_margin(chart);
  frame.top = named ? legend.back().y + kLegendRow / 2 + 8 : kTitleHeight + 4;
  frame.width = kChartWidth - frame.left - kRightMargin;
  frame.height = plot_height(chart);
  frame.y_downwards = has_rows(chart);
  const bool bars = has_marker(chart, Marker::kBar);
  frame.x_scale = scale_of(chart.x, x, has_rows(chart) && !bars);
  frame.y_scale = scale_of(chart.y, y, !has_rows(chart));
  return frame;
}

std::string truncate_to_width(const std::string& text, double width) {
  auto characters = decode_utf8(text).text;
  const auto max = static_cast<size_t>(std::max(width / kChartCharacter, 2.0));
  if (characters.size() <= max) {
    return text;
  }
  characters.resize(max - 1);
  return encode_utf8(characters) + "\u2026";
}

} // namespace microfiche::report
