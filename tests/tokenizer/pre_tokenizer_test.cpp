#include "tokenizer/pre_tokenizer.h"

#include "core/error.h"
#include "core/random.h"
#include "tokenizer/deepseek_pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <string>

namespace microfiche::tokenizer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<std::string_view> split(
    const PreTokenizer& pre_tokenizer,
    std::string_view text) {
  std::vector<std::string_view> pieces;
  pre_tokenizer.split(text, pieces);
  return pieces;
}

std::vector<std::string_view> split_by(
    const std::vector<SplitPattern>& patterns,
    std::string_view text) {
  return split(*make_regex_pre_tokenizer(patterns, "tokenizer.json"), text);
}

TEST(PreTokenizerTest, KeepsMatchesAndTheTextBetween) {
  EXPECT_THAT(split_by({{"b+", false}}, "abbc"), ElementsAre("a", "bb", "c"));
}

TEST(PreTokenizerTest, ALaterPatternSeesOnlyItsPiece) {
  // Without the first split, `a(?!b)` would not match.
  EXPECT_THAT(
      split_by({{"b", false}, {"a(?!b)", false}}, "xab"),
      ElementsAre("x", "a", "b"));
}

TEST(PreTokenizerTest, ALiteralIsNotARegularExpression) {
  EXPECT_THAT(split_by({{".", true}}, "a.b"), ElementsAre("a", ".", "b"));
}

TEST(PreTokenizerTest, CountsInBytesBeyondTheBasicPlane) {
  EXPECT_THAT(split_by({{"b", false}}, "😀bé"), ElementsAre("😀", "b", "é"));
}

TEST(PreTokenizerTest, AnEmptyTextHasNoPieces) {
  EXPECT_TRUE(split_by({{"a", false}}, "").empty());
}

TEST(PreTokenizerTest, NamesAnInvalidRegularExpression) {
  EXPECT_THAT(
      [] {
        split_by({{"(a", false}}, "");
      },
      ThrowsMessage<InputError>(
          HasSubstr("tokenizer.json: pre_tokenizer: cannot compile")));
}

TEST(PreTokenizerTest, StopsAPatternThatNeverEnds) {
  EXPECT_THAT(
      [] {
        split_by({{"(a+)+$", false}}, std::string(64, 'a') + "b");
      },
      ThrowsMessage<InputError>(HasSubstr("takes too long")));
}

TEST(DeepSeekPreTokenizerTest, SplitsByThePublishedPatterns) {
  EXPECT_THAT(
      split(
          *make_deepseek_pre_tokenizer(),
          "Don't pay 12345 €,  日本語 x\n\n\ty"),
      ElementsAre(
          "Don",
          "'t",
          " pay",
          " ",
          "123",
          "45",
          " €,",
          "  ",
          "日本語",
          " x",
          "\n\n",
          "\ty"));
}

/// One character of each class, and others.
std::string random_text(RandomStream& random) {
  static const std::vector<std::string> common = {
      " ",  "  ", "\n", "\r",     "\t",     "a",      "Z",      "é",
      "1",  "٣",  "²",  ".",      "'",      "~",      "€",      "日",
      "ー", "゠", "・", "\u3099", "\u0301", "\u00a0", "\u2028", "\u0085",
      "\v", "한", "😀",  "\u200d", "<",      "|"};
  std::string text;
  for (auto length = random.below(24); length > 0; --length) {
    if (random.below(4) > 0) {
      text += random.pick(common);
      continue;
    }
    UChar32 character = 0;
    do {
      character = static_cast<UChar32>(random.below(0x110000));
    } while (U_IS_SURROGATE(character) || !u_isdefined(character));
    char bytes[U8_MAX_LENGTH];
    size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, character);
    text.append(bytes, size);
  }
  return text;
}

TEST(DeepSeekPreTokenizerTest, EqualsTheRegularExpressions) {
  const auto scanner = make_deepseek_pre_tokenizer();
  const auto regex = make_regex_pre_tokenizer(deepseek_splits(), "test");
  RandomStream random(1, "text");
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random);

    ASSERT_EQ(split(*scanner, text), split(*regex, text)) << text;
  }
}

TEST(DeepSeekPreTokenizerTest, ClassifiesEveryCharacterLikeTheExpressions) {
  const auto scanner = make_deepseek_pre_tokenizer();
  const auto regex = make_regex_pre_tokenizer(deepseek_splits(), "test");
  std::string text;
  for (UChar32 character = 1; character < 0x110000; ++character) {
    if (U_IS_SURROGATE(character)) {
      continue;
    }
    char bytes[U8_MAX_LENGTH];
    size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, character);
    text += "a ";
    text.append(bytes, size);
    if (text.size() > 10000) {
      ASSERT_EQ(split(*scanner, text), split(*regex, text)) << text;
      text.clear();
    }
  }
}

} // namespace
} // namespace microfiche::tokenizer
