#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "report/chart.h"

namespace microfiche::report {

/// The name of a metric in figures, such as "1 − normalised edit distance".
std::string metric_title(const std::string& metric);

/// The axis of a metric: from 0 to 1 for a fraction.
ChartAxis metric_axis(const std::string& metric);

/// "0.987 [0.978, 0.995], 100 pages"; "7 pages only" for few pages.
std::string score_text(const metrics::Interval& interval, int64_t pages);

/// The percentile interval, which charts show.
std::pair<double, double> interval_ends(const metrics::Interval& interval);

/// The cells with natural text and without conditions.
std::vector<const analysis::CellSummary*> cells_without_conditions(
    const analysis::RunSummary& summary);

/// The cells with both looped and other pages.
std::vector<const analysis::CellSummary*> looped_cells(
    const std::vector<const analysis::CellSummary*>& cells);

/// The tooltip of a cell's mean.
std::string cell_tooltip(
    const analysis::CellSummary& cell,
    const std::string& name,
    const metrics::Interval& interval,
    int64_t pages);

// Selectors for `metric_points`.

inline const metrics::MetricIntervals& metrics_of_all_pages(
    const analysis::CellSummary& cell) {
  return cell.metrics;
}

inline const metrics::MetricIntervals& metrics_without_loops(
    const analysis::CellSummary& cell) {
  return cell.without_loops;
}

/// One point per cell, in the order of x: the mean of a metric over `x(cell)`.
/// `select(cell)` returns the intervals; a cell with empty intervals has no
/// point.
template <typename X, typename Select>
std::vector<ChartPoint> metric_points(
    const std::vector<const analysis::CellSummary*>& cells,
    const std::string& metric,
    const std::string& name,
    const X& x,
    const Select& select) {
  std::vector<ChartPoint> points;
  for (const auto* cell : cells) {
    const metrics::MetricIntervals& intervals = select(*cell);
    if (!intervals.empty()) {
      const auto& interval = metrics::find_metric(intervals, metric);
      const int64_t pages = &intervals == &cell->without_loops
          ? cell->pages_without_loops
          : cell->pages;
      points.push_back(
          {x(*cell),
           interval.mean,
           interval_ends(interval),
           cell_tooltip(*cell, name, interval, pages)});
    }
  }
  std::stable_sort(
      points.begin(), points.end(), [](const auto& a, const auto& b) {
        return a.x < b.x;
      });
  return points;
}

} // namespace microfiche::report
