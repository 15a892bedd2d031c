#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace microfiche::tokenizer {

/// The character that stands for a byte in byte-level vocabularies: the byte
/// itself if it is printable in Latin-1, else a character from U+0100; a space
/// is "Ġ".
///
/// Source: GPT-2, `bytes_to_unicode` of openai/gpt-2 src/encoder.py.
std::string spell_byte(unsigned char byte);

/// The bytes of a token of the vocabulary; empty if a character is not in the
/// alphabet.
std::optional<std::string> spelled_bytes(std::string_view token);

} // namespace microfiche::tokenizer
