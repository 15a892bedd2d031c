#include "data/random_text.h"

#include <array>

#include "conditions/text/text_condition.h"

namespace microfiche::conditions {
namespace {

/// Words of the corpus, each from a uniformly drawn position.
std::string words_of_corpus(
    std::string_view corpus,
    int64_t characters,
    RandomStream& random) {
  std::string text;
  while (static_cast<int64_t>(text.size()) < characters) {
    const size_t position = random.below(corpus.size());
    const size_t space = corpus.rfind(' ', position);
    const size_t begin = space == std::string_view::npos ? 0 : space + 1;
    const size_t end = std::min(corpus.find(' ', begin), corpus.size());
    if (end > begin) {
      text += text.empty() ? "" : " ";
      text += corpus.substr(begin, end - begin);
    }
  }
  return text;
}

/// Numbers of version 4, RFC 9562.
std::string uuids_of(int64_t characters, RandomStream& random) {
  constexpr std::array<int, 5> kGroups = {8, 4, 4, 4, 12};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  while (static_cast<int64_t>(text.size()) < characters) {
    text += text.empty() ? "" : " ";
    for (size_t group = 0; group < kGroups.size(); ++group) {
      text += group == 0 ? "" : "-";
      for (int i = 0; i < kGroups[group]; ++i) {
        uint64_t digit = random.below(16);
        if (i == 0 && group == 2) {
          digit = 4;
        } else if (i == 0 && group == 3) {
          digit = 8 + digit % 4;
        }
        text += kDigits[digit];
      }
    }
  }
  return text;
}

using WriteText = std::function<
    std::string(const TextContext& context, RandomStream& random)>;

TextCondition
own_text(const char* name, const char* description, const WriteText& write) {
  return {
      {name, description, std::nullopt},
      [write](
          PageText& page,
          const TextContext& context,
          double,
          RandomStream& random) {
        page = {write(context, random), {}};
      }};
}

} // namespace

std::vector<TextCondition> random_text() {
  return {
      own_text(
          "random_words",
          "words of the source, each drawn by itself",
          [](const TextContext& context, RandomStream& random) {
            return words_of_corpus(context.corpus, context.characters, random);
          }),
      own_text(
          "random_letters",
          "words of random letters in the lengths of English words",
          [](const TextContext& context, RandomStream& random) {
            return data::random_letters(random, context.characters);
          }),
      own_text(
          "digits",
          "numbers in the lengths of English words",
          [](const TextContext& context, RandomStream& random) {
            return data::random_letters(
                random,
                context.characters,
                {.capitals = 0, .numbers = 1, .punctuation = 0});
          }),
      own_text(
          "hexadecimal",
          "hexadecimal numbers in groups, joined by '-' or ':'",
          [](const TextContext& context, RandomStream& random) {
            return data::random_letters(
                random,
                context.characters,
                {.capitals = 0, .numbers = 0, .punctuation = 0, .codes = 1});
          }),
      own_text(
          "mixed_case",
          "random letters, each capital or small",
          [](const TextContext& context, RandomStream& random) {
            return data::random_letters(
                random,
                context.characters,
                {.capitals = 0,
                 .numbers = 0,
                 .punctuation = 0,
                 .mixed_case = 1});
          }),
      own_text(
          "uuids",
          "random UUIDs, 36 characters each",
          [](const TextContext& context, RandomStream& random) {
            return uuids_of(context.characters, random);
          })};
}

} // namespace microfiche::conditions
