#include "memory/word_search.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

constexpr std::string_view kWordSpace = " \t\r\n\v\f";

} // namespace

bool is_word(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') ||
      (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
      byte == '_';
}

std::string in_lower_case(std::string text) {
  for (char& character : text) {
    if (character >= 'A' && character <= 'Z') {
      character = static_cast<char>(character - 'A' + 'a');
    }
  }
  return text;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  size_t begin = text.find_first_not_of(kWordSpace);
  while (begin != std::string::npos) {
    const size_t end =
        std::min(text.find_first_of(kWordSpace, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kWordSpace, end);
  }
  return words;
}

size_t find_words(std::string_view text, std::string_view part, size_t at) {
  if (part.empty()) {
    return std::string_view::npos;
  }
  for (size_t found = text.find(part, at); found != std::string_view::npos;
       found = text.find(part, found + 1)) {
    const size_t end = found + part.size();
    const bool begins =
        found == 0 || !is_word(text[found - 1]) || !is_word(part.front());
    const bool ends =
        end == text.size() || !is_word(text[end]) || !is_word(part.back());
    if (begins && ends) {
      return found;
    }
  }
  return std::string_view::npos;
}

} // namespace microfiche::memory
