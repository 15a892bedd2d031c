#include "tokenizer/text_stream.h"

#include "tests/tokenizer/tiny_tokenizer.h"

#include "core/random.h"

#include <gtest/gtest.h>

namespace microfiche::tokenizer {
namespace {

Tokenizer tiny() {
  return Tokenizer::parse(tiny_definition().dump(), "tokenizer.json");
}

TEST(TextStreamTest, KeepsAnIncompleteCharacterBack) {
  TextStream stream(tiny());

  EXPECT_EQ(stream.push(0xe2), "");
  EXPECT_EQ(stream.push(0x82), "");
  EXPECT_EQ(stream.push(0xac), "€");
  EXPECT_EQ(stream.finish(), "");
}

TEST(TextStreamTest, DoesNotKeepInvalidBytesBack) {
  TextStream stream(tiny());

  EXPECT_EQ(stream.push(0xe2), "");
  EXPECT_EQ(stream.push('a'), "\ufffda");
}

TEST(TextStreamTest, EndsWithAReplacementForACutCharacter) {
  TextStream stream(tiny());
  stream.push(0xe2);

  EXPECT_EQ(stream.finish(), "\ufffd");
}

TEST(TextStreamTest, EqualsDecodeForAnyBytes) {
  const Tokenizer tokenizer = tiny();
  RandomStream random(1, "bytes");
  for (int round = 0; round < 2000; ++round) {
    std::vector<int64_t> ids;
    for (auto count = random.below(12); count > 0; --count) {
      // Mostly lead and trail bytes, for cut characters.
      ids.push_back(random.between(random.below(4) > 0 ? 0x80 : 0, 0xff));
    }
    TextStream stream(tokenizer);
    std::string streamed;
    for (const int64_t id : ids) {
      streamed += stream.push(id);
    }
    streamed += stream.finish();

    ASSERT_EQ(streamed, tokenizer.decode(ids));
  }
}

} // namespace
} // namespace microfiche::tokenizer
