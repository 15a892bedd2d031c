#pragma once

#include <vector>

#include "experiments/runner/run_folder.h"

namespace microfiche::experiments {

/// The samples of one cell, by page.
struct CellSamples {
  Cell cell;
  std::vector<const Sample*> samples;
};

/// A run's samples in the order of its cells, without cells that have none. The
/// run must outlive them.
std::vector<CellSamples> samples_by_cell(const Run& run);

} // namespace microfiche::experiments
