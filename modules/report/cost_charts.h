#pragma once

#include <vector>

#include "analysis/costs.h"
#include "analysis/summary.h"
#include "report/chart.h"

namespace microfiche::report {

/// The costs to draw: those of cells without conditions, or all costs if every
/// cell has conditions.
std::vector<analysis::CellCost> select_costs(
    const std::vector<analysis::CellCost>& costs);

/// Milliseconds per page by stage: one stacked bar per cell.
Chart make_seconds_chart(const std::vector<analysis::CellCost>& costs);

/// The headline metric over milliseconds per page: one series per setting.
Chart make_precision_over_cost_chart(
    const std::vector<analysis::CellCost>& costs,
    const analysis::RunSummary& summary);

/// The KV cache of a page and of its text: one row per cell.
Chart make_cache_chart(const std::vector<analysis::CellCost>& costs);

} // namespace microfiche::report
