#pragma once

#include <string>
#include <vector>

#include "experiments/runner/curve.h"
#include "experiments/runner/run_folder.h"
#include "experiments/runner/summary.h"

namespace microfiche::experiments {

/// A run with its numbers, ready to be reported.
struct ReportedRun {
  std::string name;
  Run run;
  RunSummary summary;
};

/// Reads a run folder and sums it up; the run is named after the folder. Throws
/// `InputError` for a folder without a finished page.
ReportedRun load_reported_run(const std::filesystem::path& folder);

/// The report as one HTML file that asks for nothing from anywhere: the curve
/// by the headline metric and by set precision, with the paper's points; the
/// cells; a gallery of pages with what was read from them; what the results
/// depend on; and the rows behind it all as JSON.
std::string html_report(const std::vector<ReportedRun>& runs);

/// The report as Markdown. `curve` is the path of its picture.
std::string markdown_report(
    const std::vector<ReportedRun>& runs,
    const std::string& curve);

/// One sentence on what a run found, for the top of a report.
std::string headline_of(const ReportedRun& run);

/// Writes summary.json, summary.csv, report.html, report.md and curve.svg of a
/// run into its folder.
void write_reports(const ReportedRun& run);

} // namespace microfiche::experiments
