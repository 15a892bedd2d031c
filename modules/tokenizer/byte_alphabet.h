#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace microfiche::tokenizer {

/// How byte-level vocabularies spell a byte: itself where it is printable in
/// Latin-1, else a character from U+0100 on; a space is "Ġ".
///
/// Source: GPT-2, `bytes_to_unicode` of openai/gpt-2 src/encoder.py.
std::string spell_byte(unsigned char byte);

/// The bytes that a token of the vocabulary spells; empty when a character is
/// not in the alphabet.
std::optional<std::string> spelled_bytes(std::string_view token);

} // namespace microfiche::tokenizer
