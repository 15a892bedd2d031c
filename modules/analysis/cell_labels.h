#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/table.h"
#include "sweep/cell.h"

namespace microfiche::analysis {

/// The text length of a cell: "10 characters/token" or "600–700 text tokens".
std::string length_label(const sweep::Cell& cell);

/// The same, shorter: "10/token" or "600–700 tokens".
std::string short_length_label(const sweep::Cell& cell);

/// Text and conditions of a cell, such as "corpus" or "corpus, page
/// rotation:3".
std::string content_label(const sweep::Cell& cell);

/// The conditions of a cell, such as "rotation:3" or "random_letters + blur:1";
/// "untouched" without conditions.
std::string condition_label(const sweep::Cell& cell);

/// The conditions of a cell and its values on the axes of the sweep, such as
/// "random_letters, window 32".
std::string condition_and_axes_label(const sweep::Cell& cell);

/// A table with the columns mode, style, length, `content_column` and pages,
/// followed by `columns`.
Table make_cell_table(
    const std::string& content_column,
    const std::vector<std::string>& columns);

/// Adds the row of a cell to such a table.
void add_cell_row(
    Table& table,
    const sweep::Cell& cell,
    const std::string& content,
    int64_t pages,
    const std::vector<std::string>& values);

/// Short labels for the cells of a list: coordinates that all cells share are
/// left out.
class CellLabels {
 public:
  explicit CellLabels(const std::vector<sweep::Cell>& cells);

  /// For rows with a member `cell`.
  template <typename Row>
  static CellLabels of(const std::vector<Row>& rows) {
    std::vector<sweep::Cell> cells;
    for (const auto& row : rows) {
      cells.push_back(row.cell);
    }
    return CellLabels(cells);
  }

  /// Mode, style and optional axes, without length and conditions. All labels
  /// are the mode's name if no coordinate differs.
  std::string setting(const sweep::Cell& cell) const;

  /// `setting` and length.
  std::string setting_and_length(const sweep::Cell& cell) const;

  /// `setting_and_length` and conditions.
  std::string full(const sweep::Cell& cell) const;

 private:
  bool varies(const std::string& coordinate) const;
  std::string make_label(
      const sweep::Cell& cell,
      bool with_length,
      bool with_condition) const;

  std::set<std::string> varying_;
};

} // namespace microfiche::analysis
