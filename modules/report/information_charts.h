#pragma once

#include <optional>
#include <vector>

#include "analysis/information.h"
#include "report/chart.h"

namespace microfiche::report {

/// A reliability diagram leaves out bins with fewer tokens.
inline constexpr int64_t kFewTokens = 30;

/// Accuracy over confidence with the expected calibration error: one series per
/// cell without conditions (or per cell, if all have conditions), at most six.
/// Absent without log-likelihoods.
std::optional<Chart> make_reliability_diagram(
    const std::vector<analysis::CellInformation>& cells);

/// The information gained from the pages of each cell, with intervals. Absent
/// without log-likelihoods.
std::optional<Chart> make_information_chart(
    const std::vector<analysis::CellInformation>& cells);

} // namespace microfiche::report
