#pragma once

#include <string>
#include <vector>

#include "experiments/runner/run_folder.h"
#include "experiments/runner/table.h"
#include "metrics/confidence.h"

namespace microfiche::experiments {

/// One cell of two runs.
struct CellComparison {
  /// The cell's name, or "all" for all pages together.
  std::string cell;
  double first = 0;
  double second = 0;
  metrics::PairedDifference paired;
};

/// Compares two runs page by page (see `metrics::compare_paired`) on the pages
/// that both have, by cell and over all.
///
/// Throws `InputError` when the runs share no page, or a page of one name has
/// another text in the other run, which then is no pair.
std::vector<CellComparison>
compare_runs(const Run& first, const Run& second, const std::string& metric);

/// The comparison for people.
Table comparison_table(const std::vector<CellComparison>& cells);

} // namespace microfiche::experiments
