#include "conditions/text/text_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

namespace microfiche::conditions {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;

/// A hundred words of which none is the same after its letters have moved.
std::string hundred_words() {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += (i == 0 ? "" : " ") +
        std::string{static_cast<char>('a' + i % 25), 'x', 'o', 'z', 'q'};
  }
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

PageText treat(
    const std::string& condition,
    const std::string& text,
    uint64_t page = 0) {
  PageText result{text, {}};
  RandomStream random(7, "test", page);
  for (const auto& one : find_text_conditions(condition, "text")) {
    one.entry->apply(
        result,
        {static_cast<int64_t>(text.size()), "lorem ipsum dolor"},
        one.strength,
        random);
  }
  return result;
}

template <typename T>
T sorted(T values) {
  std::sort(values.begin(), values.end());
  return values;
}

TEST(TextConditionTest, SwappedLettersAlterExactlyTheShareThatIsAskedFor) {
  for (const int percent : {0, 5, 10, 37, 100}) {
    const auto natural = words_of(hundred_words());

    const auto page =
        treat("swapped_letters:" + std::to_string(percent), hundred_words());

    const auto words = words_of(page.text);
    ASSERT_EQ(words.size(), natural.size());
    int64_t different = 0;
    for (size_t i = 0; i < words.size(); ++i) {
      different += words[i] != natural[i];
      EXPECT_EQ(sorted(words[i]), sorted(natural[i]));
    }
    EXPECT_EQ(different, percent);
    EXPECT_EQ(page.altered.size(), static_cast<size_t>(percent));
    for (const auto& [word, before] : page.altered) {
      EXPECT_EQ(natural[word], before);
      EXPECT_NE(words[word], before);
    }
  }
}

TEST(TextConditionTest, SwappedLettersAreNeighbours) {
  const auto page = treat("swapped_letters:100", "abcd");

  EXPECT_THAT(page.text, AnyOf("bacd", "acbd", "abdc"));
}

TEST(TextConditionTest, ShuffledLettersStayInTheirWord) {
  const auto page = treat("shuffled_letters:50", "(abcdef), 12");

  const auto words = words_of(page.text);
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(sorted(words[0]), sorted(std::string("(abcdef),")));
  EXPECT_NE(words[0], "(abcdef),");
  EXPECT_EQ(words[0].front(), '(');
  EXPECT_TRUE(words[0].ends_with("),"));
  // A number has no letters to change.
  EXPECT_EQ(words[1], "12");
}

TEST(TextConditionTest, OnShortPagesTheShareIsExactInTheMean) {
  size_t altered = 0;
  for (uint64_t page = 0; page < 2000; ++page) {
    altered += treat("swapped_letters:10", "ab cd ef", page).altered.size();
  }

  // 0.3 words a page; three standard deviations of a binomial.
  EXPECT_NEAR(static_cast<double>(altered), 600, 62);
}

TEST(TextConditionTest, ShuffledWordsAreTheSameWords) {
  const auto page = treat("shuffled_words", hundred_words());

  EXPECT_NE(page.text, hundred_words());
  EXPECT_EQ(sorted(words_of(page.text)), sorted(words_of(hundred_words())));
}

TEST(TextConditionTest, RandomWordsComeFromTheSource) {
  const auto page = treat("random_words", hundred_words());

  EXPECT_GE(page.text.size(), hundred_words().size());
  for (const auto& word : words_of(page.text)) {
    EXPECT_THAT(word, AnyOf("lorem", "ipsum", "dolor"));
  }
}

TEST(TextConditionTest, DigitsAreNumbers) {
  for (const auto& word : words_of(treat("digits", hundred_words()).text)) {
    EXPECT_EQ(word.find_first_not_of("0123456789"), std::string::npos) << word;
  }
}

TEST(TextConditionTest, UuidsAreOfVersionFour) {
  const std::regex uuid(
      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const auto words = words_of(treat("uuids", hundred_words()).text);

  EXPECT_EQ(words.size(), (hundred_words().size() + 36) / 37);
  for (const auto& word : words) {
    EXPECT_TRUE(std::regex_match(word, uuid)) << word;
  }
}

TEST(TextConditionTest, EveryConditionIsTheSameForTheSamePage) {
  for (const auto& condition : text_conditions()) {
    const auto name =
        condition.info.name + (condition.info.strength ? ":50" : "");

    EXPECT_EQ(
        treat(name, hundred_words(), 3).text,
        treat(name, hundred_words(), 3).text);
    // `lines` asks about the text and leaves it as it is.
    if (name != "lines") {
      EXPECT_NE(
          treat(name, hundred_words(), 3).text,
          treat(name, hundred_words(), 4).text)
          << name;
    }
  }
}

TEST(TextConditionTest, PairsFillTheLengthUpToTheirNumber) {
  // 599 characters hold 74 pairs of 8.
  const auto few = treat("pairs:4", hundred_words());
  const auto many = treat("pairs:100", hundred_words());

  EXPECT_EQ(few.pairs.size(), 4);
  EXPECT_EQ(many.pairs.size(), 74);
  EXPECT_EQ(
      few.text,
      few.pairs[0].first + " " + few.pairs[0].second + ", " +
          few.pairs[1].first + " " + few.pairs[1].second + ", " +
          few.pairs[2].first + " " + few.pairs[2].second + ", " +
          few.pairs[3].first + " " + few.pairs[3].second);
  EXPECT_TRUE(asks_questions("pairs:4"));
  EXPECT_TRUE(asks_questions("lines"));
  EXPECT_FALSE(asks_questions("corpus"));
  EXPECT_FALSE(asks_questions("shuffled_words"));
}

TEST(TextConditionTest, HexadecimalAndMixedCaseHaveOnlyTheirCharacters) {
  EXPECT_EQ(
      treat("hexadecimal", hundred_words())
          .text.find_first_not_of("0123456789abcdefABCDEF-: "),
      std::string::npos);
  const auto mixed = treat("mixed_case", hundred_words()).text;
  const auto capitals = std::count_if(
      mixed.begin(), mixed.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  EXPECT_NEAR(
      static_cast<double>(capitals), static_cast<double>(mixed.size()) / 2, 90);
}

TEST(TextConditionTest, NaturalTextStays) {
  EXPECT_EQ(treat("corpus", hundred_words()).text, hundred_words());
  EXPECT_THAT(treat("corpus", hundred_words()).altered, IsEmpty());
}

} // namespace
} // namespace microfiche::conditions
