#pragma once

#include <optional>
#include <vector>

#include "analysis/run_analysis.h"
#include "report/chart.h"

namespace microfiche::report {

/// The share of drafted ids that the model accepted, over the compression
/// ratio: one series per run and setting, and in grey the headline metric of
/// the same cells. None if no page was read with a draft.
std::optional<Chart> make_acceptance_chart(
    const std::vector<analysis::RunAnalysis>& runs);

} // namespace microfiche::report
