#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sweep/sample.h"

namespace microfiche::sweep {

/// The pieces of work of a sweep, and which of them are unfinished.
///
/// The order of the pieces keeps the cells of one model, dtype and window
/// together, and within those each batch in all the cells with the same pages,
/// so that pages and vision tokens are reused soon.
class WorkList {
 public:
  /// A batch of pages, or an empty page.
  struct Piece {
    /// The number of the cell; for an empty page, of the first cell that needs
    /// it.
    size_t cell = 0;

    /// The first page of the batch.
    int64_t first = 0;
    bool is_blank = false;

    /// Unfinished pages.
    int64_t left = 0;
  };

  /// `pages` has the number of pages of each cell. `blanks`: whether to read
  /// empty pages.
  WorkList(
      const std::vector<Cell>& cells,
      const std::vector<int64_t>& pages,
      int64_t batch_pages,
      bool blanks);

  const std::vector<Piece>& pieces() const {
    return pieces_;
  }

  /// Pieces with unfinished pages.
  int64_t num_unfinished() const {
    return num_unfinished_;
  }

  bool is_finished(size_t cell, int64_t page) const {
    return finished_[cell][page];
  }

  /// Finished pages of a cell.
  int64_t num_finished(size_t cell) const;

  /// Records a finished page. Returns false if it was finished before or is not
  /// part of this sweep.
  bool finish(const Sample& sample);
  bool finish(const BlankReading& blank);

 private:
  void finish_one_of(size_t piece);

  const std::vector<Cell>& cells_;
  std::map<std::string, size_t> cell_numbers_;
  std::vector<Piece> pieces_;
  int64_t num_unfinished_ = 0;

  /// By cell and page: whether the page is finished, and its piece.
  std::vector<std::vector<bool>> finished_;
  std::vector<std::vector<size_t>> piece_of_;
};

} // namespace microfiche::sweep
