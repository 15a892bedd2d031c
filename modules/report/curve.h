#pragma once

#include <string>
#include <vector>

#include "analysis/run_analysis.h"
#include "report/chart.h"

namespace microfiche::report {

/// A metric over the compression ratio (nominal vision tokens). For each run
/// and setting it shows natural text with intervals, random letters, shuffled
/// words, and the wrong-page and blank-page floors; in grey the paper's points.
/// `metric` is one of `metrics::metric_names()`.
Chart make_curve(
    const std::vector<analysis::RunAnalysis>& runs,
    const std::string& metric);

} // namespace microfiche::report
