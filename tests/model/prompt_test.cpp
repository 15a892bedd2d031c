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

/// Bytes are three more than themselves, <image> is 259.
Prompt assemble(std::string_view text, int64_t positions = 2) {
  return assemble_prompt(
      tokenizer::Tokenizer::load(tests::byte_tokenizer()),
      text,
      positions,
      /*bos_token_id=*/0);
}

TEST(PromptTest, PutsBosFirstAndTheImageWhereItStands) {
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

TEST(PromptTest, MayHaveNoImage) {
  const auto prompt = assemble("ab");

  EXPECT_THAT(prompt.ids, ElementsAre(0, 'a' + 3, 'b' + 3));
  EXPECT_EQ(prompt.image_positions, 0);
}

TEST(PromptTest, RefusesTwoImages) {
  EXPECT_THAT(
      [] { assemble("<image><image>"); },
      ThrowsMessage<InputError>(HasSubstr("expected one <image>")));
}

} // namespace
} // namespace microfiche::model
