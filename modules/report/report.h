#pragma once

#include <string>
#include <vector>

#include "analysis/run_analysis.h"
#include "report/report_sections.h"

namespace microfiche::report {

/// A report on one or several runs, independent of the output format.
struct Report {
  std::vector<analysis::RunAnalysis> runs;
  std::vector<ReportSection> sections;
};

/// Lays out the sections. Runs of the same name get numbers. `comparison` is
/// between the first two runs; without cells it is left out.
Report make_report(
    std::vector<analysis::RunAnalysis> runs,
    const analysis::RunComparison& comparison = {});

/// The report as one HTML file that loads nothing from elsewhere: its sections,
/// a gallery of pages with their readings, provenance, and the underlying rows
/// as CSV and JSON downloads.
std::string html_report(const Report& report);

/// The report as Markdown. `charts` is the path of the chart folder relative to
/// the Markdown file.
std::string markdown_report(const Report& report, const std::string& charts);

/// Tables and notes of one run for the terminal.
std::string terminal_report(const analysis::RunAnalysis& run);

} // namespace microfiche::report
