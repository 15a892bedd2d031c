#include "metrics/code_points.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "core/error.h"

namespace microfiche::metrics {

CodePoints decode_utf8(std::string_view bytes) {
  check(
      bytes.size() <= size_t{INT32_MAX},
      "text of ",
      bytes.size(),
      " bytes is too long to score; the limit is 2 GiB");
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

bool is_space(char32_t code_point) {
  // Python adds the four separator controls to Unicode's White_Space.
  return (code_point >= 0x1C && code_point <= 0x1F) ||
      u_isUWhiteSpace(static_cast<UChar32>(code_point));
}

} // namespace microfiche::metrics
