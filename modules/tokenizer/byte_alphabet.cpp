#include "tokenizer/byte_alphabet.h"

#include <unicode/utf8.h>

#include <array>
#include <cstdint>

namespace microfiche::tokenizer {
namespace {

constexpr UChar32 kAlphabetEnd = 0x100 + 68;

struct Alphabet {
  std::array<UChar32, 256> character_of = {};
  std::array<int, kAlphabetEnd> byte_of = {};
};

const Alphabet& alphabet() {
  static const Alphabet made = [] {
    Alphabet alphabet;
    alphabet.byte_of.fill(-1);
    UChar32 next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 0x21 && byte <= 0x7e) ||
          (byte >= 0xa1 && byte <= 0xff && byte != 0xad);
      const UChar32 character = printable ? byte : next++;
      alphabet.character_of[static_cast<size_t>(byte)] = character;
      alphabet.byte_of[static_cast<size_t>(character)] = byte;
    }
    return alphabet;
  }();
  return made;
}

} // namespace

std::string spell_byte(unsigned char byte) {
  const UChar32 character = alphabet().character_of[byte];
  char bytes[U8_MAX_LENGTH];
  size_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, character);
  return {bytes, length};
}

std::optional<std::string> spelled_bytes(std::string_view token) {
  std::string bytes;
  size_t at = 0;
  while (at < token.size()) {
    UChar32 character = 0;
    U8_NEXT(token.data(), at, token.size(), character);
    if (character < 0 || character >= kAlphabetEnd) {
      return std::nullopt;
    }
    const int byte = alphabet().byte_of[static_cast<size_t>(character)];
    if (byte < 0) {
      return std::nullopt;
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

} // namespace microfiche::tokenizer
