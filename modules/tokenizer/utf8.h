#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace microfiche::tokenizer {

/// The offset of the first byte that is no part of a UTF-8 character, or the
/// size of the text when there is none.
size_t valid_utf8_prefix(std::string_view text);

/// How many bytes at the end begin a character whose other bytes may follow.
size_t incomplete_utf8_suffix(std::string_view text);

/// The text with U+FFFD for what is no UTF-8: one for each longest run of bytes
/// that begins a character, as in Unicode 15, section 3.9, "U+FFFD Substitution
/// of Maximal Subparts".
std::string replace_invalid_utf8(std::string_view text);

} // namespace microfiche::tokenizer
