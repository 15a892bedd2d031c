#pragma once

#include <string>
#include <vector>

namespace microfiche {

/// A header and rows with the same number of cells.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// Columns aligned for a terminal, numbers to the right.
std::string to_text(const Table& table);

/// A Markdown table.
std::string to_markdown(const Table& table);

/// Comma-separated, as RFC 4180: quotes where a cell needs them, "\n" at the
/// end of a row.
std::string to_csv(const Table& table);

/// A number with `digits` digits after the point; "-" for NaN.
std::string fixed(double value, int digits);

/// The shortest text that reads back as the same number; empty for NaN.
std::string exact(double value);

} // namespace microfiche
