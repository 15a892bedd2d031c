#pragma once

#include <vector>

#include "analysis/paper_points.h"
#include "analysis/summary.h"
#include "core/table.h"

namespace microfiche::analysis {

/// A cell and the paper's point of the same mode and bin of text tokens.
struct PaperComparison {
  PaperPoint paper;
  int64_t pages = 0;
  double compression_ratio = 0;

  /// Set-of-words precision of the cell.
  metrics::Interval precision;
};

/// One row per cell without conditions that has the mode and the bin of one of
/// `paper_points()`.
std::vector<PaperComparison> compare_with_paper(const RunSummary& summary);

/// One row per comparison.
Table paper_table(const std::vector<PaperComparison>& rows);

} // namespace microfiche::analysis
