#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/compare.h"
#include "experiments/report/chart.h"

namespace microfiche::experiments {

/// The mean difference of two runs over the same pages with its interval, a row
/// a cell.
Chart make_comparison_chart(
    const std::vector<CellComparison>& cells,
    const std::string& metric);

} // namespace microfiche::experiments
