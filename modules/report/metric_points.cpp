#include "report/metric_points.h"

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "core/plural.h"
#include "metrics/interval_text.h"

namespace microfiche::report {

std::string metric_title(const std::string& metric) {
  return metrics::find_metric(metric).title;
}

ChartAxis metric_axis(const std::string& metric) {
  ChartAxis axis;
  axis.label = metric_title(metric);
  if (metrics::find_metric(metric).is_fraction) {
    axis.range = std::pair(0.0, 1.0);
  }
  return axis;
}

std::string score_text(const metrics::Interval& interval, int64_t pages) {
  return concat(
      metrics::interval_text(interval),
      ", ",
      count_of(pages, "page"),
      pages < metrics::kFewPages ? " only" : "");
}

std::pair<double, double> interval_ends(const metrics::Interval& interval) {
  return {interval.low, interval.high};
}

std::vector<const analysis::CellSummary*> cells_without_conditions(
    const analysis::RunSummary& summary) {
  std::vector<const analysis::CellSummary*> cells;
  for (const auto& cell : summary.cells) {
    if (cell.cell == sweep::without_conditions(cell.cell)) {
      cells.push_back(&cell);
    }
  }
  return cells;
}

std::vector<const analysis::CellSummary*> looped_cells(
    const std::vector<const analysis::CellSummary*>& cells) {
  std::vector<const analysis::CellSummary*> looped;
  for (const auto* cell : cells) {
    if (cell->pages_without_loops > 0 &&
        cell->pages_without_loops < cell->pages) {
      looped.push_back(cell);
    }
  }
  return looped;
}

std::string cell_tooltip(
    const analysis::CellSummary& cell,
    const std::string& name,
    const metrics::Interval& interval,
    int64_t pages) {
  return concat(
      name.empty() ? cell.cell.mode : name,
      ", ",
      analysis::length_label(cell.cell),
      ": ",
      score_text(interval, pages),
      " at ",
      fixed(cell.ratios.nominal, 2),
      "\u00d7");
}

} // namespace microfiche::report
