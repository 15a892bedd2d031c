#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::data {

/// The advance of every character of a monospaced font over the font size; 0
/// for a proportional font.
double fixed_advance(const std::string& font);

/// A page in monospaced type on which short entries begin at the left edges of
/// vision tokens. Lengths in px.
struct EntryGrid {
  double width = 0;
  double height = 0;
  double margin_left = 0;
  double margin_top = 0;
  double margin_right = 0;
  double margin_bottom = 0;

  /// Side of a vision token.
  double token = 64;

  /// Advance of a character, and distance of two lines.
  double advance = 8;
  double line = 16;

  /// Entries of at most `longest` characters in a line; 0 if not even one fits.
  int64_t columns(int64_t longest) const;

  /// Whether entries of these lengths fit.
  bool fits(const std::vector<std::string>& entries) const;

  /// Lines on the page.
  int64_t lines() const;

  /// The entries in lines, from the top left, padded with spaces so that each
  /// begins at its token. Takes as many entries as fit the page.
  std::string text(const std::vector<std::string>& entries) const;

 private:
  /// Characters before an entry's column.
  int64_t start(int64_t column, int64_t longest) const;
};

} // namespace microfiche::data
