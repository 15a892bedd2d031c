#pragma once

#include <string>

#include "report/chart_frame.h"

namespace microfiche::report {

/// What a series looks like in the legend.
std::string legend_svg(const ChartSeries& series, const LegendEntry& entry);

/// A series of the chart in its frame: lines, intervals and markers. Every
/// marker has its numbers in `data-x`, `data-y`, `data-low`, `data-high` and
/// `data-value`.
std::string
series_svg(const Chart& chart, size_t series, const ChartFrame& frame);

} // namespace microfiche::report
