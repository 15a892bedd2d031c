#include "training/evaluation/evaluation_rows.h"

#include "core/error.h"
#include "core/name_pattern.h"

#include <cstdio>

namespace microfiche::training {

std::string evaluation_row_name(
    const std::string& mode,
    const std::string& text,
    double characters_per_token) {
  return concat(mode, "/", text, "/", characters_per_token);
}

std::string row_name(const EvaluationRow& row) {
  return evaluation_row_name(row.mode, row.text, row.asked_density);
}

double mean_precision(
    const std::vector<EvaluationRow>& rows,
    const std::string& pattern) {
  double sum = 0;
  int64_t count = 0;
  for (const auto& row : rows) {
    if (matches(pattern, row_name(row))) {
      sum += row.precision;
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

std::string format_table(const std::vector<EvaluationRow>& rows) {
  char line[160];
  std::snprintf(
      line,
      sizeof line,
      "%-12s %-15s %9s %6s %10s %17s %6s %11s\n",
      "mode",
      "text",
      "chars/tok",
      "pages",
      "1-NED",
      "95 % interval",
      "exact",
      "unfinished");
  std::string table = line;
  for (const auto& row : rows) {
    std::snprintf(
        line,
        sizeof line,
        "%-12s %-15s %9.1f %6ld %10.4f   %.4f .. %.4f %6ld %11ld\n",
        row.mode.c_str(),
        row.text.c_str(),
        row.density,
        static_cast<long>(row.pages),
        row.precision,
        row.low,
        row.high,
        static_cast<long>(row.exact_pages),
        static_cast<long>(row.unfinished));
    table += line;
  }
  return table;
}

} // namespace microfiche::training
