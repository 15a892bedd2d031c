#include "document/page_marks.h"

#include <algorithm>

namespace microfiche::document {
namespace {

std::string_view strip(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin);
}

} // namespace

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
