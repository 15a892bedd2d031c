#include "analysis/cell_samples.h"

#include <algorithm>
#include <map>

#include "sweep/sweep_cells.h"

namespace microfiche::analysis {

std::vector<CellSamples> samples_by_cell(const sweep::Run& run) {
  std::map<std::string, std::vector<const sweep::Sample*>> by_name;
  for (const auto& sample : run.samples) {
    by_name[sweep::name_of(sample.cell)].push_back(&sample);
  }
  std::vector<CellSamples> cells;
  for (const auto& cell : sweep::cells_of(run.config)) {
    const auto found = by_name.find(sweep::name_of(cell));
    if (found != by_name.end()) {
      // A resumed run may have written the pages of a cell in another order.
      std::sort(
          found->second.begin(), found->second.end(), [](auto* a, auto* b) {
            return a->index < b->index;
          });
      cells.push_back({cell, found->second});
    }
  }
  return cells;
}

} // namespace microfiche::analysis
