#include "tokenizer/tokenizer_json.h"

#include "core/error.h"
#include "tests/tokenizer/tiny_tokenizer.h"
#include "tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace microfiche::tokenizer {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

/// The tiny tokenizer.json with one value replaced; `at` is a JSON pointer.
Json with(const std::string& at, const Json& value) {
  Json definition = tiny_definition();
  definition[Json::json_pointer(at)] = value;
  return definition;
}

struct Refusal {
  const char* name;
  const char* at;
  Json value;
  const char* message;
};

Json split_step(const Json& changes) {
  Json step = {
      {"type", "Split"},
      {"pattern", {{"Regex", "a"}}},
      {"behavior", "Isolated"},
      {"invert", false}};
  step.update(changes);
  return {
      {"type", "Sequence"},
      {"pretokenizers", {step, tiny_definition()["pre_tokenizer"]}}};
}

const Refusal kRefusals[] = {
    {"OtherField", "/future", 1, "\"future\" is not supported"},
    {"Normalizer", "/normalizer", {{"type", "NFC"}}, "normalizer"},
    {"Decoder", "/decoder", {{"type", "WordPiece"}}, "WordPiece"},
    {"NoDecoder", "/decoder", nullptr, "decoder: expected an object"},
    {"PostProcessor",
     "/post_processor",
     {{"type", "BertProcessing"}},
     "BertProcessing"},
    {"NoPreTokenizer", "/pre_tokenizer", nullptr, "pre_tokenizer: expected"},
    {"PreTokenizer", "/pre_tokenizer", {{"type", "Digits"}}, "Digits"},
    {"PrefixSpace",
     "/pre_tokenizer/add_prefix_space",
     true,
     "add_prefix_space is not supported"},
    {"EmptySequence",
     "/pre_tokenizer",
     {{"type", "Sequence"}, {"pretokenizers", Json::array()}},
     "ByteLevel is missing"},
    {"Behavior",
     "/pre_tokenizer",
     split_step({{"behavior", "Removed"}}),
     "Removed is not supported"},
    {"Invert", "/pre_tokenizer", split_step({{"invert", true}}), "invert"},
    {"EmptyPattern",
     "/pre_tokenizer",
     split_step({{"pattern", {{"String", ""}}}}),
     "the pattern is empty"},
    {"BadPattern",
     "/pre_tokenizer",
     split_step({{"pattern", {{"Regex", "["}}}}),
     "cannot compile the pattern ["},
    {"LongPattern",
     "/pre_tokenizer",
     split_step({{"pattern", {{"Regex", std::string(4097, 'a')}}}}),
     "expected a text of at most 4096 bytes, got 4097"},
    {"SingleWord", "/added_tokens/0/single_word", true, "single_word"},
    {"LeftStrip", "/added_tokens/0/lstrip", true, "added_tokens[0]: lstrip"},
    {"RightStrip", "/added_tokens/0/rstrip", true, "rstrip"},
    {"EmptyAddedToken", "/added_tokens/0/content", "", "content is empty"},
    {"LongAddedToken",
     "/added_tokens/0/content",
     std::string(4097, 'a'),
     "added_tokens[0]: expected a text of at most 4096 bytes"},
    {"AddedTokenOnATakenId",
     "/added_tokens/0/id",
     256,
     "\"<s>\" and \"ab\" have the same id 256"},
    {"AddedTokenOfTwoIds",
     "/added_tokens/0/content",
     "ab",
     "\"ab\" has the ids 300 and 256"},
    {"NegativeId", "/added_tokens/0/id", -1, "expected an id from 0"},
    {"HugeId", "/model/vocab/ab", 4000000000, "expected an id from 0"},
    {"FractionalId", "/model/vocab/ab", 1.5, "expected an id from 0"},
    {"IdTwice", "/model/vocab/ab", 257, "have the same id 257"},
    {"MissingByte",
     "/model/vocab",
     {{"a", 0}, {"ab", 1}},
     "byte 0 has no token"},
    {"Model", "/model/type", "Unigram", "Unigram"},
    {"Dropout", "/model/dropout", 0.1, "dropout is not supported"},
    {"ByteFallback", "/model/byte_fallback", true, "byte_fallback"},
    {"Prefix",
     "/model/continuing_subword_prefix",
     "##",
     "continuing_subword_prefix"},
    {"Suffix", "/model/end_of_word_suffix", "</w>", "end_of_word_suffix"},
    {"ModelField", "/model/future", 1, "\"future\" is not supported"},
    {"MergeOfOne", "/model/merges/0", "ab", "model.merges[0]: expected two"},
    {"MergeOfThree", "/model/merges/0", "a b c", "model.merges[0]"},
    {"MergeOfNumbers", "/model/merges/1", {1, 2}, "model.merges[1]"},
    {"MergeOfNothing",
     "/model/merges/0",
     "a zz",
     "\"zz\" is not in the vocabulary"},
    {"MergeToNothing",
     "/model/merges/0",
     "b a",
     "\"ba\" is not in the vocabulary"},
    {"MergeTwice", "/model/merges/1", "a b", "are merged twice"},
};

class TokenizerRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(TokenizerRefusalTest, NamesFileAndFeature) {
  const Refusal& refusal = GetParam();
  const std::string json = with(refusal.at, refusal.value).dump();

  EXPECT_THAT(
      [&] { Tokenizer::parse(json, "tokenizer.json"); },
      ThrowsMessage<InputError>(
          AllOf(StartsWith("tokenizer.json: "), HasSubstr(refusal.message))));
}

INSTANTIATE_TEST_SUITE_P(
    Features,
    TokenizerRefusalTest,
    ::testing::ValuesIn(kRefusals),
    [](const auto& info) { return std::string(info.param.name); });

TEST(TokenizerJsonTest, ReadsMergesInBothForms) {
  const Json lists = with(
      "/model/merges",
      Json::array({Json::array({"a", "b"}), Json::array({"ab", "c"})}));

  EXPECT_EQ(
      parse_tokenizer_json(lists.dump(), "test").merges,
      parse_tokenizer_json(tiny_definition().dump(), "test").merges);
}

TEST(TokenizerJsonTest, AnEmptySequenceIsNoNormalizer) {
  const Json json = with(
      "/normalizer", {{"type", "Sequence"}, {"normalizers", Json::array()}});

  EXPECT_NO_THROW(parse_tokenizer_json(json.dump(), "test"));
}

TEST(TokenizerJsonTest, AcceptsPostProcessorsThatOnlyAddSpecialTokens) {
  const Json json = with(
      "/post_processor",
      {{"type", "Sequence"},
       {"processors",
        {{{"type", "ByteLevel"}}, {{"type", "TemplateProcessing"}}}}});

  EXPECT_NO_THROW(parse_tokenizer_json(json.dump(), "test"));
}

TEST(TokenizerJsonTest, ByteLevelSplitsWithUseRegex) {
  const auto definition = parse_tokenizer_json(
      with("/pre_tokenizer/use_regex", true).dump(), "test");

  ASSERT_EQ(definition.splits.size(), 1u);
  EXPECT_THAT(definition.splits[0].pattern, HasSubstr("'re|'ve"));
}

} // namespace
} // namespace microfiche::tokenizer
