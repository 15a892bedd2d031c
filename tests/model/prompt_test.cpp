#include "model/prompt.h"

#include "core/error.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// The id of a byte is its value plus 3; <image> is 259.
Prompt assemble(std::string_view text, int64_t positions = 2) {
  return assemble_prompt(
      tokenizer::Tokenizer::load(tests::byte_tokenizer()),
      text,
      positions,
      /*bos_token_id=*/0);
}

TEST(PromptTest, PutsBosFirstAndTheImageAtItsToken) {
  const auto prompt = assemble("a<image>\nb", 3);

  EXPECT_THAT(
      prompt.ids, ElementsAre(0, 'a' + 3, 259, 259, 259, '\n' + 3, 'b' + 3));
  EXPECT_EQ(prompt.image_begin, 2);
  EXPECT_EQ(prompt.image_positions, 3);
}

TEST(PromptTest, StripsTheWhiteSpaceAroundTheWhole) {
  EXPECT_THAT(assemble(" \n<image> ").ids, ElementsAre(0, 259, 259));
}

TEST(PromptTest, KeepsTheWhiteSpaceBehindTheImage) {
  EXPECT_THAT(
      assemble("<image>\nb").ids, ElementsAre(0, 259, 259, '\n' + 3, 'b' + 3));
}

TEST(PromptTest, MayHaveNoImageWithoutAPage) {
  const auto prompt = assemble("ab", /*positions=*/0);

  EXPECT_THAT(prompt.ids, ElementsAre(0, 'a' + 3, 'b' + 3));
  EXPECT_EQ(prompt.image_positions, 0);
}

TEST(PromptTest, RefusesTwoImages) {
  EXPECT_THAT(
      [] { assemble("<image><image>"); },
      ThrowsMessage<InputError>(HasSubstr("expected one <image>")));
}

TEST(PromptTest, RefusesAPageThatThePromptDoesNotShow) {
  EXPECT_THAT(
      [] { assemble("Free OCR."); },
      ThrowsMessage<InputError>(HasSubstr("expected <image> where the page")));
  EXPECT_THAT(
      [] { validate_prompt("< image >", "--prompt"); },
      ThrowsMessage<InputError>(HasSubstr("--prompt: expected <image>")));
}

TEST(PromptTest, RefusesALiteralBackslashAndN) {
  for (const char* prompt :
       {R"(<image>\nFree OCR.)",
        R"(<image>\nfree ocr.)",
        R"(Read this:\n<image>)",
        R"(<image>\n)"}) {
    EXPECT_THAT(
        [&] { validate_prompt(prompt, "--prompt"); },
        ThrowsMessage<InputError>(
            HasSubstr("expected a line break, got a backslash and an n")));
  }
}

TEST(PromptTest, AllowsALatexCommandThatBeginsWithN) {
  EXPECT_NO_THROW(validate_prompt(R"(<image> Locate \nabla)", "--prompt"));
}

} // namespace
} // namespace microfiche::model
