#pragma once

#include "core/config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche::memory {

// Names of the two tiers that are no resolution mode.
inline constexpr std::string_view kText = "text";
inline constexpr std::string_view kGone = "gone";

/// What was measured for pages of one mode.
struct AccuracyRow {
  /// A resolution mode, "text" or "gone".
  std::string mode;

  /// Text tokens of the pages, [first, second); none: pages of any length.
  std::optional<std::pair<int64_t, int64_t>> text_tokens;

  /// Share of the facts of a page that are recalled, in [0, 1].
  double recall = 0;

  /// On how many pages or facts; 0: not stated.
  int64_t count = 0;
};

/// Measured recall by mode and length of text.
struct AccuracyTable {
  /// The model and the metric, for people.
  std::string model;
  std::string metric;

  std::vector<AccuracyRow> rows;

  /// The recall of a page. Without a row, text has 1 and a dropped page 0:
  /// nothing is lost, and nothing is left. None for a mode without a row.
  std::optional<double> find(std::string_view mode, int64_t text_tokens) const;
};

/// Throws `InputError` for recalls outside [0, 1], empty ranges, and two rows
/// for the same pages.
void validate(const AccuracyTable& table, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, AccuracyRow& row) {
  visit("mode", row.mode);
  visit("text_tokens", row.text_tokens);
  visit("recall", row.recall);
  visit("count", row.count);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, AccuracyTable& table) {
  visit("model", table.model);
  visit("metric", table.metric);
  visit("rows", table.rows);
}

} // namespace microfiche::memory
