#pragma once

#include <string>
#include <vector>

#include "core/table.h"
#include "sweep/run_folder.h"
#include "metrics/paired_comparison.h"

namespace microfiche::analysis {

/// One cell of two runs.
struct CellComparison {
  /// The cell's name; "all" for all pages together, and "all without loops" for
  /// those that neither run ended in a loop, where there are others.
  std::string cell;

  /// The same without what all cells have in common.
  std::string label;
  double first = 0;
  double second = 0;
  metrics::PairedDifference paired;

  /// The permutation's p-value, corrected by Holm for the number of cells; of
  /// all pages together, which is one test, the p-value itself.
  double holm_p_value = 1;
};

/// Compares two runs page by page (see `metrics::compare_paired`) on the pages
/// that both have, by cell and over all.
///
/// Throws `InputError` when the runs share no page, or a page of one name has
/// another text in the other run, which then is no pair.
std::vector<CellComparison>
compare_runs(const sweep::Run& first, const sweep::Run& second, const std::string& metric);

/// The comparison for people.
Table comparison_table(const std::vector<CellComparison>& cells);

/// Says what the columns are, in what texts were made equal before, and which
/// cells have fewer pages than `metrics::kFewPages`.
std::string notes_on(
    const std::vector<CellComparison>& cells,
    const std::string& metric,
    const std::string& normalization);

} // namespace microfiche::analysis
