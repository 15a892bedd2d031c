#pragma once

#include <string>

#include "analysis/run_analysis.h"

namespace microfiche::report {

/// The first pages of each cell as HTML, with their pictures and the
/// differences between what is written and what was read, and what was read
/// from blank pages.
std::string gallery_html(const analysis::RunAnalysis& run);

} // namespace microfiche::report
