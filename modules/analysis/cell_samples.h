#pragma once

#include <vector>

#include "sweep/run_folder.h"

namespace microfiche::analysis {

/// The samples of one cell, by page.
struct CellSamples {
  sweep::Cell cell;
  std::vector<const sweep::Sample*> samples;
};

/// A run's samples in the order of its cells, without cells that have none. The
/// run must outlive them.
std::vector<CellSamples> samples_by_cell(const sweep::Run& run);

} // namespace microfiche::analysis
