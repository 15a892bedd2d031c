#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::document {

/// Pages [first, last] of a document. Pages count from 1.
struct PageInterval {
  int64_t first = 1;

  /// None means the end of the document.
  std::optional<int64_t> last;

  bool operator==(const PageInterval&) const = default;
};

/// Reads a page range: `3`, `3-7`, `10-` for all pages from 10, or several of
/// these separated by commas, `1,3-5`. Throws `UsageError`.
std::vector<PageInterval> parse_page_range(const std::string& text);

/// The pages of a range in ascending order, each once. Throws `InputError`,
/// whose message starts with `where`, for a page above `num_pages`.
std::vector<int64_t> list_pages(
    const std::vector<PageInterval>& range,
    int64_t num_pages,
    const std::string& where);

} // namespace microfiche::document
