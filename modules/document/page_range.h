#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::document {

/// Pages [first, last] of a document, the first of which is 1.
struct PageInterval {
  int64_t first = 1;

  /// Nothing for the end of the document.
  std::optional<int64_t> last;

  bool operator==(const PageInterval&) const = default;
};

/// Reads pages as a user writes them: `3`, `3-7`, `10-` for all from 10 on, or
/// several of these with commas between them, `1,3-5`. Throws `UsageError`.
std::vector<PageInterval> parse_page_range(const std::string& text);

/// The pages of a document of `num_pages` that the intervals name, ascending,
/// each once. Throws `InputError`, which `where` (the document's file) starts,
/// for a page that the document does not have.
std::vector<int64_t> list_pages(
    const std::vector<PageInterval>& range,
    int64_t num_pages,
    const std::string& where);

} // namespace microfiche::document
