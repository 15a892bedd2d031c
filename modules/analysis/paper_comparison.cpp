#include "analysis/paper_comparison.h"

#include "core/error.h"

namespace microfiche::analysis {

std::vector<PaperComparison> compare_with_paper(const RunSummary& summary) {
  std::vector<PaperComparison> rows;
  for (const auto& cell : summary.cells) {
    for (const auto& point : paper_points()) {
      const auto bin =
          std::pair(point.text_tokens_lower, point.text_tokens_upper);
      if (cell.cell == sweep::without_conditions(cell.cell) &&
          cell.cell.mode == point.mode && cell.cell.text_tokens == bin) {
        rows.push_back(
            {point,
             cell.pages,
             cell.ratios.nominal,
             metrics::find_metric(cell.metrics, "set_precision")});
      }
    }
  }
  return rows;
}

Table paper_table(const std::vector<PaperComparison>& rows) {
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
  for (const auto& [paper, pages, ratio, precision] : rows) {
    table.rows.push_back(
        {paper.mode,
         concat(paper.text_tokens_lower, "-", paper.text_tokens_upper),
         std::to_string(paper.pages),
         std::to_string(pages),
         fixed(paper.compression_ratio, 1),
         fixed(ratio, 1),
         fixed(paper.precision, 3),
         fixed(precision.mean, 3),
         fixed(precision.low, 3),
         fixed(precision.high, 3),
         fixed(precision.mean - paper.precision, 3)});
  }
  return table;
}

} // namespace microfiche::analysis
