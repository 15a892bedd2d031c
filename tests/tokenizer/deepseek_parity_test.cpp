#include "tokenizer/text_token_counter.h"

#include "core/error.h"
#include "core/json.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

// The expected ids are from Hugging Face `tokenizers` 0.23.3 with the output of
// tools/make_deepseek_tokenizer.

namespace microfiche::tokenizer {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(DeepSeekParityTest, EncodesLikeHuggingFaceAndDecodesBack) {
  const Tokenizer& tokenizer = find_text_token_counter();
  std::ifstream cases(tests::data_path("tokenizer/deepseek_ocr_cases.jsonl"));
  size_t count = 0;
  for (std::string line; std::getline(cases, line); ++count) {
    const Json json = parse_json(line, "case");
    const auto text = json["text"].get<std::string>();
    const auto ids = json["ids"].get<std::vector<int64_t>>();

    ASSERT_EQ(tokenizer.encode(text), ids) << text;
    ASSERT_EQ(tokenizer.decode(ids), text);
  }
  EXPECT_EQ(count, 2007u);
}

TEST(DeepSeekParityTest, KnowsItsAddedTokens) {
  const Tokenizer& tokenizer = find_text_token_counter();

  EXPECT_EQ(tokenizer.id_of("<image>"), 128815);
  EXPECT_EQ(tokenizer.id_of("<｜end▁of▁sentence｜>"), 1);
  EXPECT_EQ(tokenizer.size(), 128827);
  EXPECT_TRUE(tokenizer.is_special(128821)) << "<td>";
  EXPECT_FALSE(tokenizer.is_special(128803)) << "<｜User｜>";
}

TEST(DeepSeekParityTest, CountsTheTokensOfAText) {
  EXPECT_EQ(count_text_tokens("The capital of France is"), 5);
  EXPECT_EQ(count_text_tokens(""), 0);
}

} // namespace
} // namespace microfiche::tokenizer
