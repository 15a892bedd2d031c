#include "document/page_marks.h"

#include "core/utf8.h"

#include <algorithm>

namespace microfiche::document {

std::optional<std::vector<std::string>> split_pages(std::string_view text) {
  size_t mark = text.find(kPageMark);
  if (mark == std::string_view::npos) {
    return std::nullopt;
  }
  std::vector<std::string> pages;
  while (mark < text.size()) {
    const size_t begin = mark + kPageMark.size();
    mark = std::min(text.find(kPageMark, begin), text.size());
    pages.emplace_back(strip(text.substr(begin, mark - begin)));
  }
  return pages;
}

} // namespace microfiche::document
