#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/summary.h"
#include "experiments/report/chart.h"

namespace microfiche::experiments {

/// A run and the name by which a reader knows it.
struct NamedSummary {
  std::string name;
  RunSummary summary;
};

/// A metric over the compression ratio (nominal vision tokens): for each run
/// and setting the text of its files with intervals, its random letters and
/// shuffled words, the wrong-page and blank-page floors, and the paper's
/// points. `metric` is one of `metrics::metric_names()`.
Chart make_curve(
    const std::vector<NamedSummary>& runs,
    const std::string& metric);

} // namespace microfiche::experiments
