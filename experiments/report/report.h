#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/summary.h"
#include "experiments/report/curve.h"

namespace microfiche::experiments {

/// The report as one HTML file that asks for nothing from anywhere: the curve
/// by the headline metric and by set precision, with the paper's points; the
/// cells; a gallery of pages with what was read from them; what the results
/// depend on; and the rows behind it all as JSON.
std::string html_report(const std::vector<SummarizedRun>& runs);

/// The report as Markdown. `curve` is the path of its picture.
std::string markdown_report(
    const std::vector<SummarizedRun>& runs,
    const std::string& curve);

/// One sentence on what a run found, for the top of a report.
std::string headline_of(const SummarizedRun& run);

/// Writes summary.json, summary.csv, report.html, report.md and curve.svg of a
/// run into its folder.
void write_reports(const SummarizedRun& run);

} // namespace microfiche::experiments
