#include "tokenizer/tokenizer.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"
#include "tests/tokenizer/tiny_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>

namespace microfiche::tokenizer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tokenizer parse(const Json& definition) {
  return Tokenizer::parse(definition.dump(), "tokenizer.json");
}

TEST(TokenizerTest, MergesBytesToTokens) {
  EXPECT_THAT(
      parse(tiny_definition()).encode("xabcab"), ElementsAre('x', 257, 256));
}

TEST(TokenizerTest, FindsAddedTokensFirst) {
  EXPECT_THAT(
      parse(tiny_definition()).encode("ab<s>c<t>"),
      ElementsAre(256, 300, 'c', 301));
}

TEST(TokenizerTest, AddedTokensCanBeOrdinaryText) {
  EXPECT_THAT(
      parse(tiny_definition()).encode("<s>", /*added_tokens=*/false),
      ElementsAre('<', 's', '>'));
}

TEST(TokenizerTest, TokensOutsideTheNormalizerComeFirst) {
  // "<t>" begins further left but is searched after "t>x".
  Json definition = tiny_definition();
  definition["added_tokens"][0]["content"] = "t>x";

  EXPECT_THAT(parse(definition).encode("<t>x"), ElementsAre('<', 300));
}

TEST(TokenizerTest, IgnoreMergesTakesWholePieces) {
  Json definition = tiny_definition();
  definition["model"]["merges"] = Json::array();
  definition["model"]["ignore_merges"] = true;

  EXPECT_THAT(parse(definition).encode("abc"), ElementsAre(257));
}

TEST(TokenizerTest, SaysWhereTextIsNotUtf8) {
  EXPECT_THAT(
      [] { parse(tiny_definition()).encode("ab\xff"); },
      ThrowsMessage<InputError>(HasSubstr("not UTF-8 at byte 2")));
}

TEST(TokenizerTest, DecodeIsTheInverseOfEncode) {
  const Tokenizer tokenizer = parse(tiny_definition());
  const std::string text("a\0abc é 日<s>\r\n😀<t>", 25);

  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
}

TEST(TokenizerTest, DecodeReplacesACutCharacter) {
  const std::vector<int64_t> ids = {0xe2, 0x82, 'a'};

  EXPECT_EQ(parse(tiny_definition()).decode(ids), "\ufffda");
  EXPECT_EQ(
      parse(tiny_definition()).decode_bytes(ids),
      "\xe2\x82"
      "a");
}

TEST(TokenizerTest, IdsWithoutATokenDecodeToNothing) {
  const std::vector<int64_t> ids = {-1, 'a', 299, 1000000};

  EXPECT_EQ(parse(tiny_definition()).decode(ids), "a");
}

TEST(TokenizerTest, KnowsItsTokens) {
  const Tokenizer tokenizer = parse(tiny_definition());

  EXPECT_EQ(tokenizer.size(), 302);
  EXPECT_EQ(tokenizer.id_of("<s>"), 300);
  EXPECT_EQ(tokenizer.id_of("Ġ"), ' ');
  EXPECT_EQ(tokenizer.id_of("nothing"), std::nullopt);
  EXPECT_EQ(tokenizer.token_bytes(257), "abc");
  EXPECT_TRUE(tokenizer.contains(301));
  EXPECT_FALSE(tokenizer.contains(299));
  EXPECT_TRUE(tokenizer.is_special(300));
  EXPECT_FALSE(tokenizer.is_special(301));
}

TEST(TokenizerTest, TheHashIsThatOfTheFile) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "tokenizer.json";
  write_json_file(path, tiny_definition());

  EXPECT_EQ(Tokenizer::load(path).sha256(), sha256(read_file(path)));
}

TEST(TokenizerTest, AMissingFileIsNamed) {
  EXPECT_THAT(
      [] { Tokenizer::load("nowhere/tokenizer.json"); },
      ThrowsMessage<InputError>(HasSubstr("nowhere/tokenizer.json")));
}

TEST(ByteTokenizerTest, ATokenIsAByte) {
  const auto tokenizer = Tokenizer::load(tests::byte_tokenizer());

  EXPECT_THAT(
      tokenizer.encode("A\n<image>\u00e9"),
      ElementsAre(3 + 'A', 3 + '\n', 259, 3 + 0xc3, 3 + 0xa9));
  EXPECT_EQ(tokenizer.size(), 260);
}

TEST(ByteTokenizerTest, TheFirstThreeAreSpecial) {
  const auto tokenizer = Tokenizer::load(tests::byte_tokenizer());

  EXPECT_EQ(tokenizer.id_of("<bos>"), 0);
  EXPECT_EQ(tokenizer.id_of("<eos>"), 1);
  EXPECT_EQ(tokenizer.id_of("<pad>"), 2);
  EXPECT_TRUE(tokenizer.is_special(259));
  EXPECT_FALSE(tokenizer.is_special(3));
}

// As `tokenizers` saves them after enable_truncation(2) and enable_padding(8).
TEST(TokenizerTest, TruncationAndPaddingDoNotChangeIds) {
  const auto expected = parse(tiny_definition()).encode("xabcab");
  auto definition = tiny_definition();
  definition["truncation"] = {
      {"direction", "Right"},
      {"max_length", 2},
      {"strategy", "LongestFirst"},
      {"stride", 0}};
  EXPECT_EQ(parse(definition).encode("xabcab"), expected);

  definition["padding"] = {
      {"strategy", {{"Fixed", 8}}},
      {"direction", "Right"},
      {"pad_to_multiple_of", nullptr},
      {"pad_id", 0},
      {"pad_type_id", 0},
      {"pad_token", "<pad>"}};
  EXPECT_EQ(parse(definition).encode("xabcab"), expected);
}

TEST(TokenizerTest, TheShippedTokenizerMayHavePadding) {
  Json definition = read_json_file(tests::byte_tokenizer());
  definition["padding"] = {
      {"strategy", "BatchLongest"},
      {"direction", "Left"},
      {"pad_to_multiple_of", 64},
      {"pad_id", 2},
      {"pad_type_id", 0},
      {"pad_token", "<pad>"}};

  EXPECT_EQ(
      parse(definition).encode("a<image>b"),
      Tokenizer::load(tests::byte_tokenizer()).encode("a<image>b"));
}

} // namespace
} // namespace microfiche::tokenizer
