#include "analysis/paper_comparison.h"

#include "analysis/paper_points.h"

namespace microfiche::analysis {

Table paper_comparison(const RunSummary& summary) {
  Table table;
  table.header = {
      "mode",
      "text tokens",
      "paper n",
      "n",
      "paper x",
      "x",
      "paper",
      "ours",
      "low",
      "high",
      "difference"};
  for (const auto& cell : summary.cells) {
    for (const auto& point : paper_points()) {
      const auto bin =
          std::pair(point.text_tokens_lower, point.text_tokens_upper);
      if (cell.cell != sweep::untouched(cell.cell) || cell.cell.mode != point.mode ||
          cell.cell.text_tokens != bin) {
        continue;
      }
      const auto& ours = metrics::find_metric(cell.metrics, "set_precision");
      table.rows.push_back(
          {point.mode,
           concat(bin.first, "-", bin.second),
           std::to_string(point.pages),
           std::to_string(cell.pages),
           fixed(point.compression_ratio, 1),
           fixed(cell.ratios.nominal, 1),
           fixed(point.precision, 3),
           fixed(ours.mean, 3),
           fixed(ours.low, 3),
           fixed(ours.high, 3),
           fixed(ours.mean - point.precision, 3)});
    }
  }
  return table;
}

} // namespace microfiche::analysis
