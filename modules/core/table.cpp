#include "core/table.h"

#include "core/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace microfiche {
namespace {

bool looks_numeric(const std::string& cell) {
  return !cell.empty() &&
      (std::isdigit(static_cast<unsigned char>(cell.front())) != 0 ||
       cell.front() == '-' || cell.front() == '.');
}

/// In code points.
size_t width_of(const std::string& cell) {
  return static_cast<size_t>(count_code_points(cell));
}

std::string csv_cell(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    return cell;
  }
  std::string quoted = "\"";
  for (const char c : cell) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

template <typename WriteRow>
std::string all_rows(const Table& table, const WriteRow& write_row) {
  std::string text = write_row(table.header);
  for (const auto& row : table.rows) {
    text += write_row(row);
  }
  return text;
}

} // namespace

std::string to_text(const Table& table) {
  std::vector<size_t> widths(table.header.size());
  std::vector<bool> right(table.header.size(), !table.rows.empty());
  for (size_t column = 0; column < widths.size(); ++column) {
    widths[column] = width_of(table.header[column]);
    for (const auto& row : table.rows) {
      widths[column] = std::max(widths[column], width_of(row[column]));
      right[column] = right[column] && looks_numeric(row[column]);
    }
  }
  return all_rows(table, [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t column = 0; column < row.size(); ++column) {
      const std::string padding(widths[column] - width_of(row[column]), ' ');
      line += column == 0 ? "" : "  ";
      line += right[column] ? padding + row[column] : row[column] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  });
}

std::string to_markdown(const Table& table) {
  bool header = true;
  return all_rows(table, [&](const std::vector<std::string>& row) {
    std::string line = "|";
    for (const auto& cell : row) {
      line += " ";
      for (const char c : cell) {
        line += c == '|' ? "\\|" : std::string(1, c);
      }
      line += " |";
    }
    line += "\n";
    if (header) {
      line += "|";
      for (size_t column = 0; column < row.size(); ++column) {
        line += "---|";
      }
      line += "\n";
      header = false;
    }
    return line;
  });
}

std::string to_csv(const Table& table) {
  return all_rows(table, [](const std::vector<std::string>& row) {
    std::string line;
    for (size_t column = 0; column < row.size(); ++column) {
      line += column == 0 ? "" : ",";
      line += csv_cell(row[column]);
    }
    return line + "\n";
  });
}

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) {
    return "-";
  }
  // No "-0.00".
  const double half = 0.5 * std::pow(10, -digits);
  char buffer[64];
  std::snprintf(
      buffer,
      sizeof buffer,
      "%.*f",
      digits,
      std::abs(value) < half ? 0 : value);
  return buffer;
}

std::string exact(double value) {
  if (!std::isfinite(value)) {
    return "";
  }
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

} // namespace microfiche
