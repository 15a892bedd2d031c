#include "document/page_range.h"

#include "core/error.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

namespace microfiche::document {
namespace {

/// Reads the number of a page and removes it from `text`; 0 if there is none.
int64_t take_number(std::string_view& text) {
  // from_chars would accept a minus sign.
  int64_t number = 0;
  if (text.empty() || text[0] < '0' || text[0] > '9') {
    return 0;
  }
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(rest - text.data()));
  return error == std::errc() ? number : 0;
}

/// `3`, `3-7` or `10-`.
std::optional<PageInterval> parse_interval(std::string_view text) {
  PageInterval interval;
  interval.first = take_number(text);
  interval.last = interval.first;
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    interval.last.reset();
    if (!text.empty()) {
      interval.last = take_number(text);
    }
  }
  const bool valid = text.empty() && interval.first >= 1 &&
      interval.last.value_or(interval.first) >= interval.first;
  return valid ? std::optional(interval) : std::nullopt;
}

std::string to_text(const PageInterval& interval) {
  if (interval.last == interval.first) {
    return std::to_string(interval.first);
  }
  return concat(
      interval.first, "-", interval.last ? concat(*interval.last) : "");
}

} // namespace

std::vector<PageInterval> parse_page_range(const std::string& text) {
  std::vector<PageInterval> range;
  std::string_view rest = text;
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const auto interval = parse_interval(rest.substr(0, comma));
    check<UsageError>(
        interval.has_value(),
        "pages: expected numbers from 1, such as 3, 3-7, 10- or 1,3-5, got "
        "\"",
        text,
        "\"");
    range.push_back(*interval);
    if (comma == rest.size()) {
      return range;
    }
    rest.remove_prefix(comma + 1);
  }
}

std::vector<int64_t> list_pages(
    const std::vector<PageInterval>& range,
    int64_t num_pages,
    const std::string& where) {
  std::set<int64_t> pages;
  for (const auto& interval : range) {
    const int64_t last = interval.last.value_or(num_pages);
    check(
        interval.first >= 1 && interval.first <= num_pages && last <= num_pages,
        where,
        ": expected pages of 1 to ",
        num_pages,
        ", got ",
        to_text(interval));
    for (int64_t page = interval.first; page <= last; ++page) {
      pages.insert(page);
    }
  }
  return {pages.begin(), pages.end()};
}

} // namespace microfiche::document
