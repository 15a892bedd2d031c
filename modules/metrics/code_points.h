#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace microfiche::metrics {

/// A text as Unicode code points.
struct CodePoints {
  std::u32string text;

  /// Malformed sequences, each of which became one U+FFFD in `text`.
  int64_t num_invalid = 0;
};

/// Decodes UTF-8. Malformed bytes, which a model may well emit, become U+FFFD
/// (one for each maximal subpart, as Python's `errors="replace"` does) and are
/// counted.
CodePoints decode_utf8(std::string_view bytes);

/// Encodes code points as UTF-8.
std::string encode_utf8(std::u32string_view text);

/// White space as Python's `str.split()` and `str.isspace()` see it.
bool is_space(char32_t code_point);

} // namespace microfiche::metrics
