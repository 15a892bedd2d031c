#pragma once

#include <optional>
#include <vector>

#include "analysis/information.h"
#include "report/chart.h"

namespace microfiche::report {

/// Bins of a reliability diagram with fewer tokens are left out of it.
inline constexpr int64_t kFewTokens = 30;

/// How often the model was right over how sure it was, a series a cell without
/// conditions (all cells where there is none), at most six, with the expected
/// calibration error. Absent without likelihoods.
std::optional<Chart> make_reliability_diagram(
    const std::vector<analysis::CellInformation>& cells);

/// The bits per character that each cell's pages told, with intervals. Absent
/// without likelihoods.
std::optional<Chart> make_information_chart(
    const std::vector<analysis::CellInformation>& cells);

} // namespace microfiche::report
