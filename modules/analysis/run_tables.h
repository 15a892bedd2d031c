#pragma once

#include <string>
#include <vector>

#include "analysis/run_analysis.h"
#include "core/table.h"

namespace microfiche::analysis {

/// A table of a run beside its summary.
struct NamedTable {
  /// File name without ".csv".
  std::string name;

  /// One line above the table where it is printed.
  std::string title;
  Table table;

  /// Whether `sweep` prints it; the others are only files.
  bool is_printed = true;
};

/// The tables of a run that have rows: comparison with the paper (only for Fox,
/// the paper's pages), effects of conditions, information, reliability and
/// costs.
std::vector<NamedTable> run_tables(const RunAnalysis& analysis);

} // namespace microfiche::analysis
