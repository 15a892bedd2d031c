#include "metrics/interval_text.h"

#include <algorithm>

#include "core/error.h"
#include "core/table.h"

namespace microfiche::metrics {
namespace {

/// A longer list of names is replaced by their number.
constexpr size_t kMaxNames = 6;

} // namespace

std::string ends_text(double low, double high) {
  return concat("[", fixed(low, 3), ", ", fixed(high, 3), "]");
}

std::string interval_text(const Interval& interval, int mean_digits) {
  return concat(
      fixed(interval.mean, mean_digits),
      " ",
      ends_text(interval.low, interval.high));
}

std::string few_pages_text(
    const std::vector<std::pair<std::string, int64_t>>& sets) {
  std::string names;
  size_t few = 0;
  for (const auto& [name, pages] : sets) {
    if (pages < kFewPages) {
      names += concat(few == 0 ? "" : ", ", name, " (", pages, ")");
      ++few;
    }
  }
  if (few == 0) {
    return "";
  }
  if (few == sets.size() && few > kMaxNames) {
    names = concat("each of the ", few, " rows");
  }
  return concat(
      "Fewer than ", kFewPages, " pages, so only an indication: ", names, ".");
}

} // namespace microfiche::metrics
