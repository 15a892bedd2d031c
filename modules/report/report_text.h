#pragma once

#include <string>

#include "analysis/run_analysis.h"

namespace microfiche::report {

/// One sentence on the result of a run, for the top of a report.
std::string headline_sentence(const analysis::RunSummary& summary);

/// The provenance of a run in one line: modes, start, commit, model, device and
/// threads.
std::string provenance_line(const analysis::RunAnalysis& run);

} // namespace microfiche::report
