#pragma once

#include "core/table.h"
#include "analysis/summary.h"

namespace microfiche::analysis {

/// Set-of-words precision beside that of the paper's Table 2, a row for each
/// cell that has the mode and the bin of one of `paper_points()`.
Table paper_comparison(const RunSummary& summary);

} // namespace microfiche::analysis
