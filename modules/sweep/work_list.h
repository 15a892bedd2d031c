#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sweep/sample.h"

namespace microfiche::sweep {

/// The pieces of work of a sweep, and what of them is left.
///
/// The pieces are numbered in the order in which they are visited: the cells of
/// one model and dtype together, and of those each batch in all the cells that
/// have the same pages, so that pages and vision tokens are used again soon.
class WorkList {
 public:
  /// A batch of pages, or an empty page.
  struct Piece {
    /// The number of the cell, for an empty page of the first that needs it.
    size_t cell = 0;

    /// The first page of the batch.
    int64_t first = 0;
    bool is_blank = false;

    /// Pages that nobody has finished.
    int64_t left = 0;
  };

  /// `pages` says how many pages each cell has; `blanks` whether empty pages
  /// are read.
  WorkList(
      const std::vector<Cell>& cells,
      const std::vector<int64_t>& pages,
      int64_t batch_pages,
      bool blanks);

  const std::vector<Piece>& pieces() const {
    return pieces_;
  }

  /// Pieces with something left.
  int64_t num_unfinished() const {
    return num_unfinished_;
  }

  bool is_finished(size_t cell, int64_t page) const {
    return finished_[cell][page];
  }

  /// Pages of a cell that are finished.
  int64_t num_finished(size_t cell) const;

  /// Notes what is finished; false where it was before, or is not of this
  /// sweep.
  bool finish(const Sample& sample);
  bool finish(const BlankReading& blank);

 private:
  bool finish_one_of(size_t piece);

  const std::vector<Cell>& cells_;
  std::map<std::string, size_t> cell_numbers_;
  std::vector<Piece> pieces_;
  int64_t num_unfinished_ = 0;

  /// By cell and page: whether it is finished, and its piece.
  std::vector<std::vector<bool>> finished_;
  std::vector<std::vector<size_t>> piece_of_;
};

} // namespace microfiche::sweep
