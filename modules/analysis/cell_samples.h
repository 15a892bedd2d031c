#pragma once

#include <vector>

#include "sweep/run_folder.h"

namespace microfiche::analysis {

/// The samples of one cell, in the order of pages.
struct CellSamples {
  sweep::Cell cell;
  std::vector<const sweep::Sample*> samples;
};

/// Groups the samples of a run by cell, in the order of the grid, without empty
/// cells. The run must outlive the result.
std::vector<CellSamples> samples_by_cell(const sweep::Run& run);

} // namespace microfiche::analysis
