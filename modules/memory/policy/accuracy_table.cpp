#include "memory/policy/accuracy_table.h"

#include "core/error.h"

#include <limits>

namespace microfiche::memory {
namespace {

std::pair<int64_t, int64_t> range_of(const AccuracyRow& row) {
  return row.text_tokens.value_or(
      std::pair<int64_t, int64_t>(0, std::numeric_limits<int64_t>::max()));
}

} // namespace

std::optional<double> AccuracyTable::find(
    std::string_view mode,
    int64_t text_tokens) const {
  for (const auto& row : rows) {
    const auto [first, end] = range_of(row);
    if (row.mode == mode && first <= text_tokens && text_tokens < end) {
      return row.recall;
    }
  }
  if (mode == kText) {
    return 1.0;
  }
  return mode == kGone ? std::optional(0.0) : std::nullopt;
}

void validate(const AccuracyTable& table, const std::string& where) {
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    const auto name = concat(where, ": rows[", i, "]");
    check(!row.mode.empty(), name, ".mode: expected a resolution mode");
    check(
        row.recall >= 0 && row.recall <= 1,
        name,
        ".recall: expected a share in [0, 1], got ",
        row.recall);
    check(row.count >= 0, name, ".count: cannot be ", row.count);
    const auto [first, end] = range_of(row);
    check(
        0 <= first && first < end,
        name,
        ".text_tokens: expected [first, end) with first < end, got [",
        first,
        ", ",
        end,
        "]");
    for (size_t j = 0; j < i; ++j) {
      const auto [other_first, other_end] = range_of(table.rows[j]);
      check(
          table.rows[j].mode != row.mode || other_end <= first ||
              end <= other_first,
          name,
          ": rows[",
          j,
          "] has the mode ",
          row.mode,
          " and some of the same text_tokens");
    }
  }
}

} // namespace microfiche::memory
