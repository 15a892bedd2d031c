#include "core/utf8.h"

#include <gtest/gtest.h>

namespace microfiche {
namespace {

TEST(Utf8Test, ValidTextIsDecodedAndEncodedUnchanged) {
  const std::string text = "a\u00e9\u6F22\U0001F600";

  const auto decoded = decode_utf8(text);

  EXPECT_EQ(decoded.text, U"a\u00e9\u6F22\U0001F600");
  EXPECT_EQ(decoded.num_invalid, 0);
  EXPECT_EQ(encode_utf8(decoded.text), text);
  EXPECT_EQ(count_code_points(text), 4);
}

TEST(Utf8Test, MalformedBytesAreReplacedAndCounted) {
  const auto decoded = decode_utf8("a\xFF\xC3(\xE6\xBC");

  EXPECT_EQ(decoded.text, U"a\uFFFD\uFFFD(\uFFFD");
  EXPECT_EQ(decoded.num_invalid, 3);
}

TEST(Utf8Test, FindsTheFirstInvalidByte) {
  EXPECT_EQ(valid_utf8_prefix("aé\xff"), 3u);
  EXPECT_EQ(valid_utf8_prefix("a\xc0\x80"), 1u) << "an overlong NUL";
  EXPECT_EQ(valid_utf8_prefix("\xed\xa0\x80"), 0u) << "a surrogate";
  EXPECT_EQ(valid_utf8_prefix("😀"), 4u);
}

TEST(Utf8Test, ReplacesEachMaximalSubpartOnce) {
  EXPECT_EQ(replace_invalid_utf8("a\xe2\x82z"), "a\ufffdz");
  EXPECT_EQ(replace_invalid_utf8("\xc0\x80"), "\ufffd\ufffd");
  EXPECT_EQ(replace_invalid_utf8("\xf0\x9f\x98"), "\ufffd");
}

TEST(Utf8Test, CountsTheBytesOfACutCharacter) {
  EXPECT_EQ(incomplete_utf8_suffix("a\xe2"), 1u);
  EXPECT_EQ(incomplete_utf8_suffix("a\xe2\x82"), 2u);
  EXPECT_EQ(incomplete_utf8_suffix("\xf0\x9f\x98"), 3u);
  EXPECT_EQ(incomplete_utf8_suffix("€"), 0u);
  EXPECT_EQ(incomplete_utf8_suffix(""), 0u);
}

TEST(Utf8Test, InvalidBytesAreNotIncomplete) {
  EXPECT_EQ(incomplete_utf8_suffix("\xe0\x80"), 0u);
  EXPECT_EQ(incomplete_utf8_suffix("\xff"), 0u);
  EXPECT_EQ(incomplete_utf8_suffix("\x80\x80\x80\x80"), 0u);
}

TEST(Utf8Test, FindsWhereTheNextCodePointBegins) {
  const std::string text = "a\u00e9\u4f60";

  EXPECT_EQ(next_code_point(text, 0), 0u);
  EXPECT_EQ(next_code_point(text, 2), 3u);
  EXPECT_EQ(next_code_point(text, 4), 6u);
  EXPECT_EQ(next_code_point(text, 6), 6u);
}

} // namespace
} // namespace microfiche
