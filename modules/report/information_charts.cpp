#include "report/information_charts.h"

#include <algorithm>

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "metrics/interval_text.h"
#include "report/metric_points.h"

namespace microfiche::report {
namespace {

constexpr size_t kMaxDiagrams = 6;

std::vector<analysis::CellInformation> select_cells(
    const std::vector<analysis::CellInformation>& cells) {
  std::vector<analysis::CellInformation> chosen;
  for (const auto& cell : cells) {
    if (cell.cell == sweep::without_conditions(cell.cell)) {
      chosen.push_back(cell);
    }
  }
  if (chosen.empty()) {
    chosen = cells;
  }
  // Evenly spread over the list.
  std::vector<analysis::CellInformation> drawn;
  const size_t count = std::min(chosen.size(), kMaxDiagrams);
  for (size_t i = 0; i < count; ++i) {
    const size_t last = count > 1 ? count - 1 : 1;
    drawn.push_back(chosen[i * (chosen.size() - 1) / last]);
  }
  return drawn;
}

} // namespace

std::optional<Chart> make_reliability_diagram(
    const std::vector<analysis::CellInformation>& cells) {
  Chart chart;
  chart.title = "Calibration: confidence and accuracy";
  chart.description =
      "A reliability diagram: on the dashed line accuracy equals confidence; "
      "below it the model is overconfident.";
  chart.x = {"confidence of the most likely token", false, std::pair(0.0, 1.0)};
  chart.y = {"accuracy: share of correct tokens", false, std::pair(0.0, 1.0)};
  chart.series.push_back(reference_line({{0, 0}, {1, 1}}));
  const auto drawn = select_cells(cells);
  const auto names = analysis::CellLabels::of(drawn);
  int style = 0;
  for (const auto& cell : drawn) {
    auto series = styled_series(
        style++,
        concat(
            names.full(cell.cell), ": ECE ", fixed(cell.calibration_error, 3)));
    for (const auto& bin : cell.reliability) {
      if (bin.tokens >= kFewTokens) {
        series.points.push_back(
            {bin.confidence,
             bin.accuracy,
             std::nullopt,
             concat(
                 names.full(cell.cell),
                 ": confidence ",
                 fixed(bin.confidence, 3),
                 ", accuracy ",
                 fixed(bin.accuracy, 3),
                 ", ",
                 bin.tokens,
                 " tokens")});
      }
    }
    if (!series.points.empty()) {
      chart.series.push_back(std::move(series));
    }
  }
  return chart.series.size() > 1 ? std::optional(chart) : std::nullopt;
}

std::optional<Chart> make_information_chart(
    const std::vector<analysis::CellInformation>& cells) {
  if (cells.empty()) {
    return std::nullopt;
  }
  const auto names = analysis::CellLabels::of(cells);
  Chart chart;
  chart.title = "Information gained from the page";
  chart.description =
      "One row per cell: bits per character of the reference with the prompt "
      "alone minus those with the page, with the 95 % interval. At zero, on the "
      "dashed line, the page gave no information.";
  chart.x.label = "bits per character of the reference";
  chart.y.label = "cell";
  const auto zero =
      reference_line({{0, -0.5}, {0, static_cast<double>(cells.size()) - 0.5}});
  ChartSeries gained;
  gained.line = false;
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto& cell = cells[i];
    chart.y.names.push_back(names.full(cell.cell));
    gained.points.push_back(
        {cell.bits_gained.mean,
         static_cast<double>(i),
         interval_ends(cell.bits_gained),
         concat(
             names.full(cell.cell),
             ": ",
             score_text(cell.bits_gained, cell.pages),
             "; ",
             fixed(cell.bits_with_page.mean, 3),
             " with the page, ",
             fixed(cell.bits_without_page.mean, 3),
             " without")});
  }
  chart.series = {zero, gained};
  return chart;
}

} // namespace microfiche::report
