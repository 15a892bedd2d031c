#include "report/acceptance_chart.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "report/cost_charts.h"
#include "report/metric_points.h"

namespace microfiche::report {
namespace {

const analysis::CellSummary* find_cell(
    const analysis::RunSummary& summary,
    const sweep::Cell& cell) {
  const auto found = std::ranges::find_if(
      summary.cells, [&](const auto& other) { return other.cell == cell; });
  return found == summary.cells.end() ? nullptr : &*found;
}

bool has_share(const analysis::CellCost& cost) {
  return cost.drafted_decode_seconds && std::isfinite(cost.accepted_share);
}

void sort_by_x(std::vector<ChartPoint>& points) {
  std::ranges::stable_sort(
      points, [](const auto& a, const auto& b) { return a.x < b.x; });
}

/// The series of a run by setting: acceptance, then the headline metric.
struct RunSeries {
  std::map<std::string, ChartSeries> accepted;
  std::map<std::string, ChartSeries> scores;
};

void add_cell(
    const analysis::CellCost& cost,
    const analysis::CellSummary& cell,
    const std::string& headline,
    const std::string& setting,
    RunSeries& series) {
  const auto& score = metrics::find_metric(cell.metrics, headline);
  const auto tooltip = concat(
      analysis::length_label(cost.cell),
      ", ",
      analysis::content_label(cost.cell),
      ": ",
      fixed(cost.accepted_share, 3),
      " of the drafted ids accepted, ",
      metric_title(headline),
      " ",
      score_text(score, cell.pages));
  series.accepted[setting].points.push_back(
      {cell.ratios.nominal, cost.accepted_share, std::nullopt, tooltip});
  series.scores[setting].points.push_back(
      {cell.ratios.nominal, score.mean, std::nullopt, tooltip});
}

} // namespace

std::optional<Chart> make_acceptance_chart(
    const std::vector<analysis::RunAnalysis>& runs) {
  Chart chart;
  const auto& headline = runs.front().summary.headline;
  int style = 0;
  for (const auto& run : runs) {
    const auto costs = select_costs(run.costs);
    const auto names = analysis::CellLabels::of(costs);
    RunSeries all;
    for (const auto& cost : costs) {
      const auto* cell = find_cell(run.summary, cost.cell);
      if (cell != nullptr && has_share(cost)) {
        add_cell(cost, *cell, headline, names.setting(cost.cell), all);
      }
    }
    for (auto& [setting, accepted] : all.accepted) {
      auto name = runs.size() > 1 ? run.name : "";
      if (all.accepted.size() > 1) {
        name += (name.empty() ? "" : ", ") + setting;
      }
      const auto prefix = name.empty() ? "" : name + ": ";
      auto drawn = styled_series(style++, prefix + "accepted");
      drawn.points = std::move(accepted.points);
      sort_by_x(drawn.points);
      ChartSeries score;
      score.name = prefix + metric_title(headline);
      score.colour = -1;
      score.filled = false;
      score.dashes = "1 3";
      score.points = std::move(all.scores[setting].points);
      sort_by_x(score.points);
      chart.series.push_back(std::move(drawn));
      chart.series.push_back(std::move(score));
    }
  }
  if (chart.series.empty()) {
    return std::nullopt;
  }
  chart.title = "Accepted ids over compression ratio";
  chart.description =
      "One point per cell: of the ids that drafts proposed, the share that the "
      "model chose itself. In grey the headline metric of the same readings.";
  chart.x = {"compression ratio: text tokens over vision tokens (log scale)"};
  chart.x.log = true;
  chart.x.unit = "\u00d7";
  chart.y.label = "share of the drafted ids";
  chart.y.range = std::pair(0.0, 1.0);
  return chart;
}

} // namespace microfiche::report
