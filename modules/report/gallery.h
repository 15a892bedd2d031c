#pragma once

#include <string>

#include "analysis/run_analysis.h"

namespace microfiche::report {

/// The first pages of each cell as HTML, with their images and the
/// differences between reference and prediction, and the readings of blank
/// pages.
std::string gallery_html(const analysis::RunAnalysis& run);

} // namespace microfiche::report
