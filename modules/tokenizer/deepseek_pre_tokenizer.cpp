#include "tokenizer/deepseek_pre_tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>

namespace microfiche::tokenizer {
namespace {

/// Character classes of the patterns, as bits.
enum Class : uint8_t {
  kLetterOrMark = 1, // \p{L}, \p{M}
  kNumber = 2, // \p{N}
  kSymbol = 4, // \p{P}, \p{S}
  kSpace = 8, // \s
  kNewline = 16, // \r, \n
  kCjk = 32, // U+4E00 to U+9FA5, U+3040 to U+30FF
  kAsciiLetter = 64, // A-Z, a-z
  kAsciiSymbol = 128, // the 32 in the third pattern
};

uint8_t classify(UChar32 c) {
  const uint32_t category = U_GET_GC_MASK(c);
  uint8_t bits = 0;
  if (category & (U_GC_L_MASK | U_GC_M_MASK)) {
    bits |= kLetterOrMark;
  }
  if (category & U_GC_N_MASK) {
    bits |= kNumber;
  }
  if (category & (U_GC_P_MASK | U_GC_S_MASK)) {
    bits |= kSymbol;
  }
  if (u_isUWhiteSpace(c)) {
    bits |= kSpace;
  }
  if (c == '\r' || c == '\n') {
    bits |= kNewline;
  }
  if ((c >= 0x4e00 && c <= 0x9fa5) || (c >= 0x3040 && c <= 0x30ff)) {
    bits |= kCjk;
  }
  if (c < 0x80 && (bits & kLetterOrMark)) {
    bits |= kAsciiLetter;
  }
  if (c < 0x80 && (bits & kSymbol)) {
    bits |= kAsciiSymbol;
  }
  return bits;
}

constexpr UChar32 kTableSize = 0x10000;

const std::array<uint8_t, kTableSize>& class_table() {
  static const auto table = [] {
    std::array<uint8_t, kTableSize> classes = {};
    for (UChar32 c = 0; c < kTableSize; ++c) {
      classes[static_cast<size_t>(c)] = classify(c);
    }
    return classes;
  }();
  return table;
}

/// Scans one text. A position is the byte offset of a character.
class Scanner {
 public:
  Scanner(std::string_view text, std::vector<std::string_view>& pieces)
      : text_(text),
        bytes_(reinterpret_cast<const uint8_t*>(text.data())),
        pieces_(pieces) {}

  /// Applies the first two patterns, and the third one to the rest.
  void split() {
    size_t begin = 0;
    while (begin < text_.size()) {
      Character c = at(begin);
      size_t end = c.end;
      if (c.classes & kNumber) {
        for (int count = 1; count < 3 && has(end, text_.size(), kNumber);
             ++count) {
          end = at(end).end;
        }
        append(begin, end);
      } else {
        const uint8_t cjk = c.classes & kCjk;
        while (end < text_.size()) {
          c = at(end);
          if ((c.classes & kNumber) || (c.classes & kCjk) != cjk) {
            break;
          }
          end = c.end;
        }
        split_words(begin, end);
      }
      begin = end;
    }
  }

 private:
  struct Character {
    uint8_t classes;
    size_t end;
  };

  Character at(size_t position) const {
    const uint8_t first = bytes_[position];
    if (first < 0x80) {
      return {table_[first], position + 1};
    }
    UChar32 c = 0;
    U8_NEXT_UNSAFE(bytes_, position, c);
    return {
        c < kTableSize ? table_[static_cast<size_t>(c)] : classify(c),
        position};
  }

  bool has(size_t position, size_t end, int classes) const {
    return position < end && (at(position).classes & classes);
  }

  /// The end of the run of characters of these classes.
  size_t run(size_t position, size_t end, int classes) const {
    while (position < end) {
      const Character c = at(position);
      if (!(c.classes & classes)) {
        break;
      }
      position = c.end;
    }
    return position;
  }

  void append(size_t begin, size_t end) {
    if (begin < end) {
      pieces_.push_back(text_.substr(begin, end - begin));
    }
  }

  /// Applies the third pattern within [begin, end).
  void split_words(size_t begin, size_t end) {
    size_t unmatched = begin;
    while (begin < end) {
      const size_t match = match_word(begin, end);
      if (match > begin) {
        append(unmatched, begin);
        append(begin, match);
        begin = unmatched = match;
      } else {
        begin = at(begin).end;
      }
    }
    append(unmatched, end);
  }

  /// The end of a match at `begin`, or `begin`. Tries the pattern's
  /// alternatives in order.
  size_t match_word(size_t begin, size_t end) const {
    const Character first = at(begin);
    // [!-/:-~][A-Za-z]+
    if ((first.classes & kAsciiSymbol) && has(first.end, end, kAsciiLetter)) {
      return run(first.end, end, kAsciiLetter);
    }
    // [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
    if (first.classes & kLetterOrMark) {
      return run(first.end, end, kLetterOrMark);
    }
    if (!(first.classes & (kNewline | kSymbol)) &&
        has(first.end, end, kLetterOrMark)) {
      return run(first.end, end, kLetterOrMark);
    }
    // ` ?[\p{P}\p{S}]+[\r\n]*`
    const size_t symbols = bytes_[begin] == ' ' ? first.end : begin;
    if (has(symbols, end, kSymbol)) {
      return run(run(symbols, end, kSymbol), end, kNewline);
    }
    return first.classes & kSpace ? match_space(begin, end) : begin;
  }

  /// \s*[\r\n]+ up to the last newline; else \s+(?!\S), which leaves one
  /// character to the next match; else \s+.
  size_t match_space(size_t begin, size_t end) const {
    size_t position = begin;
    size_t last = begin;
    size_t after_newline = begin;
    while (position < end) {
      const Character c = at(position);
      if (!(c.classes & kSpace)) {
        break;
      }
      last = position;
      position = c.end;
      if (c.classes & kNewline) {
        after_newline = position;
      }
    }
    if (after_newline > begin) {
      return after_newline;
    }
    return position == end || last == begin ? position : last;
  }

  const std::string_view text_;
  const uint8_t* const bytes_;
  std::vector<std::string_view>& pieces_;
  const std::array<uint8_t, kTableSize>& table_ = class_table();
};

class DeepSeekPreTokenizer : public PreTokenizer {
 public:
  void split(std::string_view text, std::vector<std::string_view>& pieces)
      const override {
    Scanner(text, pieces).split();
  }
};

} // namespace

const std::vector<SplitPattern>& deepseek_splits() {
  static const std::vector<SplitPattern> splits = {
      {R"(\p{N}{1,3})", false},
      {"[一-龥\u3040-ゟ゠-ヿ]+", false},
      {"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
       "[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
       " ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
       false},
  };
  return splits;
}

std::unique_ptr<const PreTokenizer> make_deepseek_pre_tokenizer() {
  return std::make_unique<DeepSeekPreTokenizer>();
}

} // namespace microfiche::tokenizer
