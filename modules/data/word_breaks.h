#pragma once

#include <cstddef>
#include <string_view>

namespace microfiche::data {

/// Whether a character of U+3000-9FFF begins at this byte: kana, Han characters
/// and their punctuation. Each is a word, because a line may break beside it.
inline bool starts_east_asian(std::string_view text, size_t byte) {
  const auto lead = static_cast<unsigned char>(text[byte]);
  return lead >= 0xE3 && lead <= 0xE9;
}

/// Whether a word ends before this byte.
inline bool ends_word(std::string_view text, size_t byte) {
  return text[byte] == ' ' || starts_east_asian(text, byte);
}

} // namespace microfiche::data
