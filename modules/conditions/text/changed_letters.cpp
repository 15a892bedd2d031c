#include <algorithm>

#include "conditions/text/text_condition.h"
#include "core/utf8.h"
#include "metrics/words.h"

namespace microfiche::conditions {
namespace {

/// ASCII letters and everything beyond ASCII.
bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/// Positions i at which letters i and i + 1 differ.
std::vector<size_t> swaps_of(const std::u32string& word) {
  std::vector<size_t> positions;
  for (size_t i = 0; i + 1 < word.size(); ++i) {
    if (is_letter(word[i]) && is_letter(word[i + 1]) &&
        word[i] != word[i + 1]) {
      positions.push_back(i);
    }
  }
  return positions;
}

std::u32string swap_letters(std::u32string word, RandomStream& random) {
  const size_t position = random.pick(swaps_of(word));
  std::swap(word[position], word[position + 1]);
  return word;
}

/// The letters of a word in another order; other characters stay.
std::u32string shuffle_letters(
    const std::u32string& word,
    RandomStream& random) {
  std::vector<char32_t> letters;
  std::copy_if(
      word.begin(), word.end(), std::back_inserter(letters), is_letter);
  auto shuffled = word;
  while (shuffled == word) {
    random.shuffle(letters);
    auto next = letters.begin();
    for (auto& c : shuffled) {
      c = is_letter(c) ? *next++ : c;
    }
  }
  return shuffled;
}

using ChangeWord =
    std::u32string (*)(std::u32string word, RandomStream& random);

std::u32string shuffle_word(std::u32string word, RandomStream& random) {
  return shuffle_letters(word, random);
}

/// Changes `percent` of all words, drawn uniformly among those with two
/// different adjacent letters. A fraction of a word is rounded up or down at
/// random, so that the mean over pages is exact on short pages too.
void change_words(
    PageText& page,
    double percent,
    RandomStream& random,
    ChangeWord change) {
  auto words = metrics::split_at_spaces(decode_utf8(page.text).text);
  std::vector<size_t> changeable;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!swaps_of(words[i]).empty()) {
      changeable.push_back(i);
    }
  }
  random.shuffle(changeable);
  const auto wanted = static_cast<size_t>(
      percent / 100 * static_cast<double>(words.size()) + random.uniform());
  changeable.resize(std::min(wanted, changeable.size()));
  std::sort(changeable.begin(), changeable.end());
  for (const size_t i : changeable) {
    page.altered.emplace_back(i, encode_utf8(words[i]));
    words[i] = change(words[i], random);
  }
  page.text.clear();
  for (const auto& word : words) {
    page.text += (page.text.empty() ? "" : " ") + encode_utf8(word);
  }
}

} // namespace

std::vector<TextCondition> changed_letters() {
  const Strength strength{"% of the words", 0, 100};
  const auto condition =
      [&](const char* name, const char* description, ChangeWord change) {
        return TextCondition{
            {name, description, strength},
            [change](
                PageText& page,
                const TextContext&,
                double percent,
                RandomStream& random) {
              change_words(page, percent, random, change);
            }};
      };
  return {
      condition(
          "swapped_letters",
          "two neighbouring letters change positions in some words",
          swap_letters),
      condition(
          "shuffled_letters",
          "the letters of some words in another order",
          shuffle_word)};
}

} // namespace microfiche::conditions
