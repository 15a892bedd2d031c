#pragma once

#include <string>

#include "experiments/analysis/summary.h"

namespace microfiche::experiments {

/// One sentence on what a run found, for the top of a report.
std::string headline_of(const SummarizedRun& run);

/// What a run was made with, in one line: modes, start, commit, model, device
/// and threads.
std::string provenance_line(const SummarizedRun& run);

} // namespace microfiche::experiments
