#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace microfiche {

// Malformed bytes, which a model may emit, become U+FFFD: one for each maximal
// subpart, as in Unicode 15, section 3.9, and in Python's `errors="replace"`.

/// A text as Unicode code points.
struct CodePoints {
  std::u32string text;

  /// Malformed sequences, each of which became one U+FFFD in `text`.
  int64_t num_invalid = 0;
};

/// Decodes UTF-8. Throws `InputError` for 2 GiB and more.
CodePoints decode_utf8(std::string_view bytes);

/// Encodes code points as UTF-8.
std::string encode_utf8(std::u32string_view text);

/// Whether the byte is the second, third or fourth of a code point.
inline bool continues_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// The first byte from `byte` on that begins a code point; the size of the text
/// if there is none.
inline size_t next_code_point(std::string_view text, size_t byte) {
  while (byte < text.size() && continues_code_point(text[byte])) {
    ++byte;
  }
  return byte;
}

/// Code points of valid UTF-8.
int64_t count_code_points(std::string_view text);

/// The offset of the first byte that is not part of valid UTF-8, or the size of
/// the text.
size_t valid_utf8_prefix(std::string_view text);

/// The number of bytes at the end that start a code point whose other bytes may
/// follow.
size_t incomplete_utf8_suffix(std::string_view text);

/// The text with U+FFFD in place of malformed bytes.
std::string replace_invalid_utf8(std::string_view text);

/// The text without ASCII white space at its ends.
std::string_view strip(std::string_view text);

} // namespace microfiche
