#pragma once

#include "sweep/cell.h"
#include "sweep/sweep_config.h"

#include <vector>

namespace microfiche::sweep {

/// The cells in the order in which they run: models and dtypes outermost, then
/// text of the files by mode, style, condition and length, then the extra cells
/// of `controls`.
std::vector<Cell> cells_of(const SweepConfig& sweep);

} // namespace microfiche::sweep
