#pragma once

#include <vector>

#include "analysis/costs.h"
#include "analysis/summary.h"
#include "report/chart.h"

namespace microfiche::report {

/// The costs that are worth a chart: those of cells without conditions, or all
/// where there is none.
std::vector<analysis::CellCost> select_costs(
    const std::vector<analysis::CellCost>& costs);

/// Milliseconds a page by stage, stacked, a bar a cell.
Chart make_seconds_chart(const std::vector<analysis::CellCost>& costs);

/// The headline metric over milliseconds a page, a series a setting.
Chart make_precision_over_cost_chart(
    const std::vector<analysis::CellCost>& costs,
    const analysis::RunSummary& summary);

/// The cache of keys and values that a page takes beside that of its text.
Chart make_cache_chart(const std::vector<analysis::CellCost>& costs);

} // namespace microfiche::report
