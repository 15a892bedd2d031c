#pragma once

#include <string>

#include "report/chart_frame.h"

namespace microfiche::report {

/// The legend entry of a series.
std::string legend_svg(const ChartSeries& series, const LegendEntry& entry);

/// Lines, intervals and markers of a series. Each marker has its numbers in
/// `data-x`, `data-y`, `data-low`, `data-high` and `data-value`.
std::string
series_svg(const Chart& chart, size_t series, const ChartFrame& frame);

} // namespace microfiche::report
