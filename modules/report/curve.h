#pragma once

#include <string>
#include <vector>

#include "analysis/run_analysis.h"
#include "report/chart.h"

namespace microfiche::report {

/// A metric over the compression ratio (nominal vision tokens): for each run
/// and setting the text of its files with intervals, its random letters and
/// shuffled words, the wrong-page and blank-page floors, and the paper's
/// points. `metric` is one of `metrics::metric_names()`.
Chart make_curve(
    const std::vector<analysis::RunAnalysis>& runs,
    const std::string& metric);

} // namespace microfiche::report
