#pragma once

#include <string>
#include <vector>

#include "analysis/compare.h"
#include "analysis/run_analysis.h"
#include "report/chart.h"

namespace microfiche::report {

/// A chart as part of a report.
struct ReportFigure {
  /// Its file's name without ".svg".
  std::string name;
  Chart chart;
  std::string caption;
};

/// A table as part of a report.
struct ReportTable {
  std::string title;
  Table table;

  /// Whether it stands behind its title, since a chart says the same or few
  /// readers want it.
  bool collapsed = false;
};

/// What a report says on one subject, whatever it is written in.
struct ReportSection {
  std::string heading;
  std::string text;
  std::vector<ReportFigure> figures;
  std::vector<ReportTable> tables;
};

/// The sections of a report: what several runs have in common, then each run's
/// own. Sections that a run has nothing for are left out; a run of one
/// compression ratio has its curve last.
std::vector<ReportSection> make_sections(
    const std::vector<analysis::RunAnalysis>& runs,
    const analysis::RunComparison& comparison);

} // namespace microfiche::report
