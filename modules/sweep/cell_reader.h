#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/page_reader.h"
#include "sweep/page_source.h"
#include "sweep/sample.h"
#include "sweep/sweep_config.h"
#include "metrics/score.h"

namespace microfiche::sweep {

/// Gives the reader for a cell's model and dtype. Cells of one reader are asked
/// for one after the other, so that only the last one need be kept.
using FindReader = std::function<const PageReader&(const Cell& cell)>;

/// The mode of that name among the sweep's own, then among the model's.
page::ResolutionMode find_sweep_mode(
    const SweepConfig& config,
    const PageReader& reader,
    const std::string& name);

/// A page that was read and scored, with its picture.
struct ReadPage {
  Sample sample;
  page::PageImage image;

  /// As in `SweepPage`.
  bool cut = false;
};

/// Makes, reads and scores the pages of a sweep. Which pages share a batch and
/// every random draw follow from the config alone.
class CellReader {
 public:
  /// `counter` counts text tokens. Throws as `PageSource` does.
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

  /// Reads the batch of pages from `first` on, see `batch_pages`, of the cell
  /// of that number.
  std::vector<ReadPage> read_batch(size_t cell_number, int64_t first) const;

  /// Reads an empty page as the pages of this cell are read.
  BlankReading read_blank(const Cell& cell) const;

  /// The value of the metric that leads the sweep's profile.
  double headline_of(const Sample& sample) const {
    return metrics::metric_value(sample.metrics, profile_.headline);
  }
  const std::string& headline() const {
    return profile_.headline;
  }

 private:
  BatchRequest request_for(const Cell& cell, const page::ResolutionMode& mode)
      const;
  std::vector<page::PageImage> other_pages(
      const Cell& cell,
      const page::ResolutionMode& mode,
      int64_t first,
      int64_t end,
      int64_t vision_tokens) const;
  Sample score(
      const PageReader& reader,
      const Cell& cell,
      const page::ResolutionMode& mode,
      const SweepPage& page,
      const BatchReading& batch,
      size_t index) const;

  const SweepConfig config_;
  const FindReader& find_reader_;
  const metrics::Profile profile_;
  const PageSource source_;
  const std::vector<Cell> cells_;
};

} // namespace microfiche::sweep
