#include "data/random_text.h"

#include "core/config.h"
#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace microfiche::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<std::string> sorted_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  std::sort(words.begin(), words.end());
  return words;
}

TEST(RandomLettersTest, IsAsLongAsAskedForAndAtMostOneWordMore) {
  RandomStream random(1, "test");

  for (const int64_t characters : {1, 50, 500}) {
    const auto text = random_letters(random, characters);

    EXPECT_GE(static_cast<int64_t>(text.size()), characters);
    EXPECT_LE(static_cast<int64_t>(text.size()), characters + 14);
  }
}

TEST(RandomLettersTest, DrawsEveryLetterAboutEquallyOften) {
  RandomStream random(1, "test");
  const RandomLettersConfig letters_alone{0, 0, 0};

  const auto text = random_letters(random, 260'000, letters_alone);

  std::array<int64_t, 26> counts = {};
  int64_t letters = 0;
  for (const char c : text) {
    if (c != ' ') {
      ++counts[c - 'a'];
      ++letters;
    }
  }
  for (const int64_t count : counts) {
    EXPECT_NEAR(static_cast<double>(count) * 26 / letters, 1, 0.05);
  }
}

TEST(RandomLettersTest, GivesTheSameTextForTheSameSeed) {
  RandomStream first(3, "test");
  RandomStream second(3, "test");

  EXPECT_EQ(random_letters(first, 100), random_letters(second, 100));
}

TEST(RandomLettersTest, RefusesAFractionAboveOne) {
  const Json json = {{"numbers", 1.5}};

  EXPECT_THAT(
      [&] { read_config<RandomLettersConfig>(json, "test"); },
      ThrowsMessage<InputError>(HasSubstr("numbers: must be from 0 to 1")));
}

TEST(ShuffledWordsTest, KeepsEveryWord) {
  RandomStream random(1, "test");
  const std::string text = "the quick brown fox jumps over the lazy dog";

  const auto shuffled = shuffled_words(random, text);

  EXPECT_NE(shuffled, text);
  EXPECT_EQ(sorted_words(shuffled), sorted_words(text));
}

TEST(RandomTextTest, CodesAreGroupsOfHexadecimalDigits) {
  RandomStream random(1, "codes", 0);
  RandomLettersConfig config;
  config.codes = 1;
  config.punctuation = 0;

  const auto text = random_letters(random, 500, config);

  EXPECT_EQ(text.find_first_not_of("0123456789abcdefABCDEF-: "), text.npos);
  EXPECT_NE(text.find(':'), text.npos);
  EXPECT_NE(text.find('-'), text.npos);
}

TEST(RandomTextTest, MixedCaseHasCapitalsInsideWords) {
  RandomStream random(1, "case", 0);
  RandomLettersConfig config;
  config.mixed_case = 1;
  config.punctuation = 0;

  const auto text = random_letters(random, 500, config);

  const auto capitals = std::count_if(
      text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  EXPECT_GT(capitals, 150);
  EXPECT_LT(capitals, 350);
}

TEST(RandomTextTest, SymbolsAreAllVisibleAsciiSymbols) {
  RandomStream random(1, "symbols", 0);
  RandomLettersConfig config;
  config.symbols = 1;

  const auto text = random_letters(random, 10000, config);

  for (const char symbol : std::string("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")) {
    EXPECT_NE(text.find(symbol), text.npos) << symbol;
  }
}

} // namespace
} // namespace microfiche::data
