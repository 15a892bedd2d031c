#include "metrics/porter_stemmer.h"

#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace microfiche::metrics {
namespace {

using Word = std::u32string;
using View = std::u32string_view;

bool is_vowel(char32_t letter) {
  return View(U"aeiou").find(letter) != View::npos;
}

/// For each letter, whether it is a consonant. A y is a consonant unless it
/// follows one.
std::vector<bool> consonants(View word) {
  std::vector<bool> flags;
  for (size_t i = 0; i < word.size(); ++i) {
    flags.push_back(
        word[i] == U'y' ? i == 0 || !flags[i - 1] : !is_vowel(word[i]));
  }
  return flags;
}

/// Porter's m: how often a consonant follows a vowel.
int measure(View stem) {
  const auto flags = consonants(stem);
  int count = 0;
  for (size_t i = 1; i < flags.size(); ++i) {
    count += !flags[i - 1] && flags[i];
  }
  return count;
}

bool has_vowel(View stem) {
  for (const bool consonant : consonants(stem)) {
    if (!consonant) {
      return true;
    }
  }
  return false;
}

bool ends_in_double_consonant(View word) {
  const size_t n = word.size();
  return n >= 2 && word[n - 1] == word[n - 2] && consonants(word).back();
}

/// Porter's *o: the stem ends in consonant, vowel and a consonant other than w,
/// x and y, or consists of vowel and consonant.
bool ends_short(View word) {
  const auto flags = consonants(word);
  const size_t n = word.size();
  if (n == 2) {
    return !flags[0] && flags[1];
  }
  return n >= 3 && flags[n - 3] && !flags[n - 2] && flags[n - 1] &&
      View(U"wxy").find(word[n - 1]) == View::npos;
}

View without(View word, View suffix) {
  return word.substr(0, word.size() - suffix.size());
}

struct SuffixRule {
  View suffix;
  View replacement;
};

/// Applies the first rule whose suffix the word has, if the stem has a measure
/// above `min_measure`. Later rules are not tried.
Word replace_suffix(
    const Word& word,
    std::initializer_list<SuffixRule> rules,
    int min_measure) {
  for (const auto& [suffix, replacement] : rules) {
    if (word.ends_with(suffix)) {
      const auto stem = without(word, suffix);
      return measure(stem) > min_measure ? Word(stem) + Word(replacement)
                                         : word;
    }
  }
  return word;
}

Word step_1a(const Word& word) {
  if (word.ends_with(U"ies") && word.size() == 4) {
    return Word(without(word, U"s"));
  }
  return replace_suffix(
      word,
      {{U"sses", U"ss"}, {U"ies", U"i"}, {U"ss", U"ss"}, {U"s", U""}},
      /*min_measure=*/-1);
}

/// Repairs the stem after -ed or -ing: conflat(ed) to conflate, hopp(ing) to
/// hop, fil(ing) to file.
Word mend(Word stem) {
  for (const View ending : {U"at", U"bl", U"iz"}) {
    if (stem.ends_with(ending)) {
      return stem + U'e';
    }
  }
  if (ends_in_double_consonant(stem)) {
    if (View(U"lsz").find(stem.back()) == View::npos) {
      stem.pop_back();
    }
    return stem;
  }
  return measure(stem) == 1 && ends_short(stem) ? stem + U'e' : stem;
}

Word step_1b(const Word& word) {
  if (word.ends_with(U"ied")) {
    return Word(without(word, word.size() == 4 ? U"d" : U"ed"));
  }
  if (word.ends_with(U"eed")) {
    return measure(without(word, U"eed")) > 0 ? Word(without(word, U"d"))
                                              : word;
  }
  for (const View suffix : {U"ed", U"ing"}) {
    if (word.ends_with(suffix) && has_vowel(without(word, suffix))) {
      return mend(Word(without(word, suffix)));
    }
  }
  return word;
}

Word step_1c(const Word& word) {
  const bool to_i = word.ends_with(U'y') && word.size() > 2 &&
      consonants(word)[word.size() - 2];
  return to_i ? Word(without(word, U"y")) + U'i' : word;
}

Word step_2(const Word& word) {
  if (word.ends_with(U"alli") && measure(without(word, U"alli")) > 0) {
    return step_2(Word(without(word, U"li")));
  }
  if (word.ends_with(U"logi")) {
    // The l is part of the stem, so that short stems such as "geo" count.
    return measure(without(word, U"ogi")) > 0 ? Word(without(word, U"i"))
                                              : word;
  }
  return replace_suffix(
      word,
      {{U"ational", U"ate"}, {U"tional", U"tion"}, {U"enci", U"ence"},
       {U"anci", U"ance"},   {U"izer", U"ize"},    {U"bli", U"ble"},
       {U"alli", U"al"},     {U"entli", U"ent"},   {U"eli", U"e"},
       {U"ousli", U"ous"},   {U"ization", U"ize"}, {U"ation", U"ate"},
       {U"ator", U"ate"},    {U"alism", U"al"},    {U"iveness", U"ive"},
       {U"fulness", U"ful"}, {U"ousness", U"ous"}, {U"aliti", U"al"},
       {U"iviti", U"ive"},   {U"biliti", U"ble"},  {U"fulli", U"ful"}},
      /*min_measure=*/0);
}

Word step_3(const Word& word) {
  return replace_suffix(
      word,
      {{U"icate", U"ic"},
       {U"ative", U""},
       {U"alize", U"al"},
       {U"iciti", U"ic"},
       {U"ical", U"ic"},
       {U"ful", U""},
       {U"ness", U""}},
      /*min_measure=*/0);
}

Word step_4(const Word& word) {
  if (word.ends_with(U"ion")) {
    const auto stem = without(word, U"ion");
    const bool removes =
        measure(stem) > 1 && (stem.back() == U's' || stem.back() == U't');
    return removes ? Word(stem) : word;
  }
  return replace_suffix(
      word,
      {{U"al", U""},
       {U"ance", U""},
       {U"ence", U""},
       {U"er", U""},
       {U"ic", U""},
       {U"able", U""},
       {U"ible", U""},
       {U"ant", U""},
       {U"ement", U""},
       {U"ment", U""},
       {U"ent", U""},
       {U"ou", U""},
       {U"ism", U""},
       {U"ate", U""},
       {U"iti", U""},
       {U"ous", U""},
       {U"ive", U""},
       {U"ize", U""}},
      /*min_measure=*/1);
}

Word step_5(Word word) {
  if (word.ends_with(U'e')) {
    const auto stem = without(word, U"e");
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_short(stem))) {
      word.pop_back();
    }
  }
  if (word.ends_with(U"ll") && measure(without(word, U"l")) > 1) {
    word.pop_back();
  }
  return word;
}

} // namespace

std::u32string porter_stem(std::u32string word) {
  static const std::unordered_map<Word, Word> irregular = {
      {U"skies", U"sky"},
      {U"sky", U"sky"},
      {U"dying", U"die"},
      {U"lying", U"lie"},
      {U"tying", U"tie"},
      {U"news", U"news"},
      {U"innings", U"inning"},
      {U"inning", U"inning"},
      {U"outings", U"outing"},
      {U"outing", U"outing"},
      {U"cannings", U"canning"},
      {U"canning", U"canning"},
      {U"howe", U"howe"},
      {U"proceed", U"proceed"},
      {U"exceed", U"exceed"},
      {U"succeed", U"succeed"}};
  const auto found = irregular.find(word);
  if (found != irregular.end()) {
    return found->second;
  }
  if (word.size() <= 2) {
    return word;
  }
  return step_5(step_4(step_3(step_2(step_1c(step_1b(step_1a(word)))))));
}

} // namespace microfiche::metrics
