#pragma once

#include <string>
#include <vector>

#include "analysis/compare.h"
#include "report/chart.h"

namespace microfiche::report {

/// The mean difference of two runs over the same pages, with its interval: one
/// row per cell.
Chart make_comparison_chart(
    const std::vector<analysis::CellComparison>& cells,
    const std::string& metric);

} // namespace microfiche::report
