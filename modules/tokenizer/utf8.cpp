#include "tokenizer/utf8.h"

#include <unicode/utf8.h>

#include <algorithm>

namespace microfiche::tokenizer {

size_t valid_utf8_prefix(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    const size_t begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes, at, text.size(), character);
    if (character < 0) {
      return begin;
    }
  }
  return text.size();
}

size_t incomplete_utf8_suffix(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t count = 1; count <= std::min<size_t>(3, text.size()); ++count) {
    const size_t begin = text.size() - count;
    if (U8_IS_TRAIL(bytes[begin])) {
      continue;
    }
    // A cut character is malformed as a whole: U8_NEXT then stops at the end.
    size_t at = begin;
    UChar32 character = 0;
    U8_NEXT(bytes, at, text.size(), character);
    const bool cut = character < 0 && at == text.size() &&
        U8_IS_LEAD(bytes[begin]) &&
        count < size_t{1} + U8_COUNT_TRAIL_BYTES(bytes[begin]);
    return cut ? count : 0;
  }
  return 0;
}

std::string replace_invalid_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  std::string replaced;
  replaced.reserve(text.size());
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes, at, text.size(), character);
    if (character < 0) {
      replaced += "\xef\xbf\xbd";
    } else {
      replaced += text.substr(begin, at - begin);
    }
  }
  return replaced;
}

} // namespace microfiche::tokenizer
