#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/table.h"
#include "analysis/summary.h"

namespace microfiche::analysis {

/// A table beside the summary.
struct NamedTable {
  /// Its file's name without ".csv".
  std::string name;

  /// One line above it where it is printed.
  std::string title;
  Table table;

  /// Whether it is for people or only for programs.
  bool is_printed = true;
};

/// What a run has beyond its summary, each where the run asked for it: effects
/// of conditions, what the pages told, the comparison with the paper, and what
/// the pages cost.
std::vector<NamedTable> run_tables(const SummarizedRun& run);

/// Writes the tables into the run's folder, and the readings of pages from a
/// collection as predictions/CELL/IMAGE.md, the layout that OmniDocBench's
/// scripts read.
void write_tables(const SummarizedRun& run);

} // namespace microfiche::analysis
