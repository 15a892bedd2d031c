#pragma once

#include <filesystem>

#include "report/report.h"

namespace microfiche::report {

/// Writes a report as Markdown, with its charts in a folder beside it, where
/// the file name ends in .md, otherwise as HTML. "-" is stdout.
void write_report(const Report& report, const std::filesystem::path& file);

/// Writes everything that is computed from the report's only run into the run's
/// folder: summary.json, summary.csv, the other tables as CSV, report.html,
/// report.md and charts/. Readings of a page collection also become
/// predictions/CELL/IMAGE.md, the layout that OmniDocBench's scripts read.
void write_run_report(const Report& report);

} // namespace microfiche::report
