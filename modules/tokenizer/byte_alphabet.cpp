#include "tokenizer/byte_alphabet.h"

#include "core/utf8.h"

#include <array>
#include <cstdint>

namespace microfiche::tokenizer {
namespace {

constexpr char32_t kAlphabetEnd = 0x100 + 68;

struct Alphabet {
  std::array<char32_t, 256> character_of = {};
  std::array<int, kAlphabetEnd> byte_of = {};
};

const Alphabet& alphabet() {
  static const Alphabet made = [] {
    Alphabet alphabet;
    alphabet.byte_of.fill(-1);
    char32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 0x21 && byte <= 0x7e) ||
          (byte >= 0xa1 && byte <= 0xff && byte != 0xad);
      const char32_t character =
          printable ? static_cast<char32_t>(byte) : next++;
      alphabet.character_of[static_cast<size_t>(byte)] = character;
      alphabet.byte_of[character] = byte;
    }
    return alphabet;
  }();
  return made;
}

} // namespace

std::string spell_byte(unsigned char byte) {
  return encode_utf8({&alphabet().character_of[byte], 1});
}

std::optional<std::string> spelled_bytes(std::string_view token) {
  std::string bytes;
  for (const char32_t character : decode_utf8(token).text) {
    if (character >= kAlphabetEnd) {
      return std::nullopt;
    }
    const int byte = alphabet().byte_of[character];
    if (byte < 0) {
      return std::nullopt;
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

} // namespace microfiche::tokenizer
