#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/score.h"
#include "sweep/run/batch_reader.h"
#include "sweep/run/page_source.h"
#include "sweep/sample.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {

/// Gives the reader for a cell's model, dtype and window. Cells with the same
/// reader follow each other, so it is enough to keep the last one.
using FindReader = std::function<BatchReader&(const Cell& cell)>;

/// The mode of that name: one of the sweep's own modes, or else one of the
/// model's.
page::ResolutionMode find_sweep_mode(
    const SweepConfig& config,
    const BatchReader& reader,
    const std::string& name);

/// Makes, reads and scores the pages of a sweep. Which pages share a batch and
/// every random draw depend on the config alone.
class CellReader {
 public:
  /// `counter` counts text tokens. Throws as `PageSource` and `check_pages` do,
  /// and `InputError` for a collection without a page in the bins.
  CellReader(
      const SweepConfig& config,
      const FindReader& find_reader,
      const std::function<int64_t(std::string_view)>& counter);

  const std::vector<Cell>& cells() const {
    return cells_;
  }

  int64_t num_pages(const Cell& cell) const {
    return source_.num_pages(cell);
  }

  /// Pages of all cells.
  int64_t num_pages() const;

  /// Reads the batch (see `batch_pages`) of cell `cell_number` that begins at
  /// page `first`. The samples keep their images.
  std::vector<Sample> read_batch(size_t cell_number, int64_t first) const;

  /// Reads an empty page in the way in which the pages of this cell are read.
  BlankReading read_blank(const Cell& cell) const;

  /// The sample's value of the headline metric of the sweep's profile.
  double headline_of(const Sample& sample) const {
    return metrics::metric_value(sample.metrics, profile_.headline);
  }
  const std::string& headline() const {
    return profile_.headline;
  }

 private:
  BatchRequest make_request(const Cell& cell, const page::ResolutionMode& mode)
      const;
  std::vector<page::PageImage> other_pages(
      const Cell& cell,
      const page::ResolutionMode& mode,
      int64_t first,
      int64_t end,
      int64_t pixels_per_token) const;

  const SweepConfig config_;
  const FindReader& find_reader_;
  const metrics::Profile profile_;
  const PageSource source_;
  const std::vector<Cell> cells_;
};

} // namespace microfiche::sweep
