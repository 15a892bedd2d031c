#include "data/random_text.h"

#include "core/config.h"
#include "core/error.h"

#include <array>
#include <vector>

namespace microfiche::data {
namespace {

/// Of 1000 running words of English (the King James text and Debian's manuals
/// agree within a tenth), how many have 1, 2, 3, ... letters.
constexpr std::array<int64_t, 12> kWordLengths =
    {45, 170, 215, 180, 115, 85, 75, 50, 30, 20, 10, 5};

int64_t draw_word_length(RandomStream& random) {
  int64_t place = random.below(1000);
  int64_t length = 0;
  while (place >= kWordLengths[length]) {
    place -= kWordLengths[length];
    ++length;
  }
  return length + 1;
}

/// True with this probability. A probability of 0 draws nothing, so a field
/// that is switched off leaves the other draws as they were.
bool happens(RandomStream& random, double probability) {
  return probability > 0 && random.uniform() < probability;
}

/// Between one and five groups, as "3fa85f64-5717", "07:45" or a whole UUID.
void append_code(RandomStream& random, std::string& text) {
  const char joint = random.below(2) == 0 ? '-' : ':';
  const bool capital = random.below(4) == 0;
  const bool decimal = random.below(3) == 0;
  const std::string_view digits =
      capital ? "0123456789ABCDEF" : "0123456789abcdef";
  const int64_t groups = random.between(1, 5);
  for (int64_t group = 0; group < groups; ++group) {
    if (group > 0) {
      text += joint;
    }
    for (int64_t length = random.between(2, 8); length > 0; --length) {
      text += digits[random.below(decimal ? 10 : digits.size())];
    }
  }
}

void append_mixed_case(RandomStream& random, std::string& text) {
  for (int64_t length = draw_word_length(random); length > 0; --length) {
    const char first = random.below(2) == 0 ? 'A' : 'a';
    text += static_cast<char>(first + random.below(26));
  }
}

void append_letters(
    RandomStream& random,
    std::string& text,
    const RandomLettersConfig& config) {
  const bool number = random.uniform() < config.numbers;
  const bool capital = random.uniform() < config.capitals;
  const int64_t length = draw_word_length(random);
  for (int64_t i = 0; i < length; ++i) {
    if (number) {
      text += static_cast<char>('0' + random.below(10));
    } else {
      const char first = capital && i == 0 ? 'A' : 'a';
      text += static_cast<char>(first + random.below(26));
    }
  }
}

} // namespace

void validate(const RandomLettersConfig& config, const std::string& where) {
  check_fraction(config.capitals, "capitals", where);
  check_fraction(config.numbers, "numbers", where);
  check_fraction(config.punctuation, "punctuation", where);
  check_fraction(config.mixed_case, "mixed_case", where);
  check_fraction(config.codes, "codes", where);
  check_fraction(config.symbols, "symbols", where);
}

std::string random_letters(
    RandomStream& random,
    int64_t characters,
    const RandomLettersConfig& config) {
  constexpr std::string_view kMarks = ".,;:!?-'()\"/";
  constexpr std::string_view kSymbols = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  std::string text;
  text.reserve(characters + kWordLengths.size());
  while (static_cast<int64_t>(text.size()) < characters) {
    if (!text.empty()) {
      text += ' ';
    }
    if (happens(random, config.codes)) {
      append_code(random, text);
    } else if (happens(random, config.mixed_case)) {
      append_mixed_case(random, text);
    } else {
      append_letters(random, text, config);
    }
    if (random.uniform() < config.punctuation) {
      text += kMarks[random.below(kMarks.size())];
    }
    if (happens(random, config.symbols)) {
      text += kSymbols[random.below(kSymbols.size())];
    }
  }
  return text;
}

std::string shuffled_words(RandomStream& random, std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) {
      words.push_back(text.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  random.shuffle(words);
  std::string result;
  result.reserve(text.size());
  for (const std::string_view word : words) {
    if (!result.empty()) {
      result += ' ';
    }
    result += word;
  }
  return result;
}

} // namespace microfiche::data
