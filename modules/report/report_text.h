#pragma once

#include <string>

#include "analysis/summary.h"

namespace microfiche::report {

/// One sentence on what a run found, for the top of a report.
std::string headline_of(const analysis::SummarizedRun& run);

/// What a run was made with, in one line: modes, start, commit, model, device
/// and threads.
std::string provenance_line(const analysis::SummarizedRun& run);

} // namespace microfiche::report
