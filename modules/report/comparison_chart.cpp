#include "report/comparison_chart.h"

#include "core/error.h"
#include "report/metric_points.h"

namespace microfiche::report {

Chart make_comparison_chart(
    const std::vector<analysis::CellComparison>& cells,
    const std::string& metric) {
  Chart chart;
  chart.title = metric_title(metric) + ": second run minus first";
  chart.description =
      "One row per cell: the mean difference over the same pages with its 95 % "
      "interval. On the dashed line the runs are equal.";
  chart.x.label = "difference";
  chart.y.label = "cell";
  const auto zero =
      reference_line({{0, -0.5}, {0, static_cast<double>(cells.size()) - 0.5}});
  ChartSeries differences;
  differences.line = false;
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto& cell = cells[i];
    const auto& difference = cell.paired.difference;
    chart.y.names.push_back(cell.label);
    differences.points.push_back(
        {difference.mean,
         static_cast<double>(i),
         interval_ends(difference),
         concat(
             cell.label,
             ": ",
             score_text(difference, cell.paired.pages),
             ", Holm p ",
             fixed(cell.holm_p_value, 4))});
  }
  chart.series = {zero, differences};
  return chart;
}

} // namespace microfiche::report
