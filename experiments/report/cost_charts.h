#pragma once

#include <vector>

#include "experiments/analysis/costs.h"
#include "experiments/analysis/summary.h"
#include "experiments/report/chart.h"

namespace microfiche::experiments {

/// The costs that are worth a chart: those of cells without conditions, or all
/// where there is none.
std::vector<Cost> costs_to_draw(const std::vector<Cost>& costs);

/// Milliseconds a page by stage, stacked, a bar a cell.
Chart make_seconds_chart(const std::vector<Cost>& costs);

/// The headline metric over milliseconds a page, a series a setting.
Chart make_precision_over_cost_chart(
    const std::vector<Cost>& costs,
    const RunSummary& summary);

/// The cache of keys and values that a page takes beside that of its text.
Chart make_cache_chart(const std::vector<Cost>& costs);

} // namespace microfiche::experiments
