#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/table.h"
#include "sweep/cell.h"

namespace microfiche::analysis {

/// "10 characters/token" or "600–700 text tokens".
std::string length_label(const sweep::Cell& cell);

/// The same for a narrow column: "10/token" or "600–700 tokens".
std::string short_length_label(const sweep::Cell& cell);

/// What stands on the pages of a cell and what was done to them, such as
/// "corpus" or "corpus, page rotation:3".
std::string content_label(const sweep::Cell& cell);

/// What was done to the pages of a cell, such as "rotation:3" or
/// "random_letters + blur:1"; "untouched" where nothing was.
std::string condition_label(const sweep::Cell& cell);

/// A table whose first columns say of which cell a row is: mode, style, length
/// and what is read (`what` is that column's name), and its pages.
Table make_cell_table(
    const std::string& what,
    const std::vector<std::string>& columns);

/// Adds the row of a cell to such a table. `content` is what is read.
void add_row(
    Table& table,
    const sweep::Cell& cell,
    const std::string& content,
    int64_t pages,
    const std::vector<std::string>& values);

/// Names cells by what tells them apart from the others of a list: what all
/// have in common is left out.
class CellLabels {
 public:
  explicit CellLabels(const std::vector<sweep::Cell>& cells);

  /// Of rows that have a member `cell`.
  template <typename Row>
  static CellLabels of(const std::vector<Row>& rows) {
    std::vector<sweep::Cell> cells;
    for (const auto& row : rows) {
      cells.push_back(row.cell);
    }
    return CellLabels(cells);
  }

  /// Mode, style and further axes, without length and conditions. This and the
  /// others are the mode's name where nothing differs.
  std::string setting(const sweep::Cell& cell) const;

  /// `setting` and length.
  std::string place(const sweep::Cell& cell) const;

  /// `place` and what was done.
  std::string full(const sweep::Cell& cell) const;

 private:
  bool varies(const std::string& coordinate) const;
  std::string
  name_of_parts(const sweep::Cell& cell, bool with_length, bool with_condition) const;

  std::set<std::string> varying_;
};

} // namespace microfiche::analysis
