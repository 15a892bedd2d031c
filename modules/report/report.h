#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "report/report_sections.h"

namespace microfiche::report {

/// A report on one run or several, before it is written as anything.
struct Report {
  std::vector<analysis::SummarizedRun> runs;
  std::vector<ReportSection> sections;
};

Report make_report(
    std::vector<analysis::SummarizedRun> runs,
    const RunComparison& comparison = {});

/// The report as one HTML file that asks for nothing from anywhere: its
/// sections; a gallery of pages with what was read from them; what the results
/// depend on; and the rows behind it all, as CSV and JSON to download.
std::string html_report(const Report& report);

/// The report as Markdown. `charts` is the folder of its pictures, from where
/// the Markdown is.
std::string markdown_report(const Report& report, const std::string& charts);

/// Writes each chart as NAME.svg into a folder, which is made.
void write_charts(const Report& report, const std::filesystem::path& folder);

/// Writes summary.json, summary.csv, report.html, report.md and charts/ of a
/// run into its folder.
void write_reports(const analysis::SummarizedRun& run);

} // namespace microfiche::report
