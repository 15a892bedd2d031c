#include "core/utf8.h"

#include "core/error.h"

#include <unicode/utf8.h>

#include <algorithm>

namespace microfiche {

CodePoints decode_utf8(std::string_view bytes) {
  check(
      bytes.size() <= size_t{INT32_MAX},
      "text of ",
      bytes.size(),
      " bytes is too long; the limit is 2 GiB");
  CodePoints decoded;
  decoded.text.reserve(bytes.size());
  const auto* source = reinterpret_cast<const uint8_t*>(bytes.data());
  const auto size = static_cast<int32_t>(bytes.size());
  for (int32_t i = 0; i < size;) {
    UChar32 code_point = 0;
    U8_NEXT(source, i, size, code_point);
    if (code_point < 0) {
      code_point = 0xFFFD;
      ++decoded.num_invalid;
    }
    decoded.text.push_back(static_cast<char32_t>(code_point));
  }
  return decoded;
}

std::string encode_utf8(std::u32string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t code_point : text) {
    uint8_t buffer[U8_MAX_LENGTH];
    int32_t length = 0;
    U8_APPEND_UNSAFE(buffer, length, static_cast<UChar32>(code_point));
    bytes.append(reinterpret_cast<const char*>(buffer), length);
  }
  return bytes;
}

int64_t count_code_points(std::string_view text) {
  return text.size() -
      std::count_if(text.begin(), text.end(), continues_code_point);
}

size_t valid_utf8_prefix(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    const size_t begin = at;
    UChar32 code_point = 0;
    U8_NEXT(bytes, at, text.size(), code_point);
    if (code_point < 0) {
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
    // A cut code point is malformed as a whole: U8_NEXT then stops at the end.
    size_t at = begin;
    UChar32 code_point = 0;
    U8_NEXT(bytes, at, text.size(), code_point);
    const bool cut = code_point < 0 && at == text.size() &&
        U8_IS_LEAD(bytes[begin]) &&
        count < size_t{1} + U8_COUNT_TRAIL_BYTES(bytes[begin]);
    return cut ? count : 0;
  }
  return 0;
}

std::string replace_invalid_utf8(std::string_view text) {
  return encode_utf8(decode_utf8(text).text);
}

std::string_view strip(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin);
}

} // namespace microfiche
