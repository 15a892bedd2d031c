#pragma once

#include <string>
#include <vector>

#include "analysis/compare.h"
#include "analysis/run_analysis.h"
#include "report/chart.h"

namespace microfiche::report {

/// A chart as part of a report.
struct ReportFigure {
  /// File name without ".svg".
  std::string name;
  Chart chart;
  std::string caption;
};

/// A table as part of a report.
struct ReportTable {
  std::string title;
  Table table;

  /// Whether it is collapsed, because a chart shows the same or few readers
  /// need it.
  bool collapsed = false;
};

/// A section of a report, independent of the output format.
struct ReportSection {
  std::string heading;
  std::string text;
  std::vector<ReportFigure> figures;
  std::vector<ReportTable> tables;
};

/// The sections of a report: first those over all runs, then those of each run.
/// Empty sections are left out. The curve comes last if all runs have a single
/// compression ratio.
std::vector<ReportSection> make_sections(
    const std::vector<analysis::RunAnalysis>& runs,
    const analysis::RunComparison& comparison);

} // namespace microfiche::report
