#pragma once

#include "core/random.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace microfiche::data {

/// What random letters consist of.
struct RandomLettersConfig {
  /// Fraction of words that begin with a capital letter.
  double capitals = 0.1;

  /// Fraction of words that are numbers.
  double numbers = 0.05;

  /// Fraction of words that are followed by a punctuation mark.
  double punctuation = 0.1;

  /// Fraction of words whose letters are each capital or small at random.
  double mixed_case = 0;

  /// Fraction of words that are codes: groups of hexadecimal or decimal digits
  /// joined by '-' or ':', as in UUIDs and times.
  double codes = 0;

  /// Fraction of words that are followed by any visible ASCII symbol.
  double symbols = 0;
};

/// Throws `InputError` for fractions outside [0, 1].
void validate(const RandomLettersConfig& config, const std::string& where);

/// Words of uniformly drawn letters in the lengths of English words: text that
/// can be read but not guessed. At least `characters`, and at most one word
/// more.
std::string random_letters(
    RandomStream& random,
    int64_t characters,
    const RandomLettersConfig& config = {});

/// The words of `text` in random order: words can be guessed, sentences not.
std::string shuffled_words(RandomStream& random, std::string_view text);

template <typename Visitor>
void visit_fields(Visitor&& visit, RandomLettersConfig& config) {
  visit("capitals", config.capitals);
  visit("numbers", config.numbers);
  visit("punctuation", config.punctuation);
  visit("mixed_case", config.mixed_case);
  visit("codes", config.codes);
  visit("symbols", config.symbols);
}

} // namespace microfiche::data
