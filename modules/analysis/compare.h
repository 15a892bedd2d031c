#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "core/table.h"
#include "metrics/paired_comparison.h"
#include "sweep/run_folder.h"

namespace microfiche::analysis {

/// Two runs compared on the pages of one cell.
struct CellComparison {
  /// The cell's name. "all" for all pages, and "all without loops" for the
  /// pages on which neither run looped, where the other had loops.
  std::string cell;

  /// The same without the coordinates that all cells share.
  std::string label;

  /// Means of the two runs.
  double first = 0;
  double second = 0;
  metrics::PairedDifference paired;

  /// The permutation's p-value with Holm's correction for the number of cells.
  /// The rows over all pages are one test each and stay uncorrected.
  double holm_p_value = 1;
};

/// Two runs compared page by page.
struct RunComparison {
  std::string metric;

  /// Name of the text normalization that the scores were computed with.
  std::string normalization;
  std::vector<CellComparison> cells;
};

/// Compares two runs on the pages that both have (see
/// `metrics::compare_paired`), per cell and over all pages. An empty `metric`
/// stands for the headline metric of the runs' profile.
///
/// Throws `InputError` when the runs have different profiles, share no page, or
/// have different texts on a page of the same name.
RunComparison compare_runs(
    const sweep::Run& first,
    const sweep::Run& second,
    const std::string& metric = "");

/// One row per cell.
Table comparison_table(const std::vector<CellComparison>& cells);

/// Explains the columns and the normalization, and names the cells with fewer
/// pages than `metrics::kFewPages`.
std::string comparison_notes(const RunComparison& comparison);

/// The output of `compare --format json`.
Json to_json(const RunComparison& comparison);

} // namespace microfiche::analysis
