#include "metrics/code_points.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(CodePointsTest, ValidTextComesBackAsItWas) {
  const std::string text = "a\u00e9\u6F22\U0001F600";

  const auto decoded = decode_utf8(text);

  EXPECT_EQ(decoded.text, U"a\u00e9\u6F22\U0001F600");
  EXPECT_EQ(decoded.num_invalid, 0);
  EXPECT_EQ(encode_utf8(decoded.text), text);
}

TEST(CodePointsTest, MalformedBytesAreReplacedAndCounted) {
  const auto decoded = decode_utf8("a\xFF\xC3(\xE6\xBC");

  EXPECT_EQ(decoded.text, U"a\uFFFD\uFFFD(\uFFFD");
  EXPECT_EQ(decoded.num_invalid, 3);
}

TEST(CodePointsTest, SpacesAreThoseOfPython) {
  for (const char32_t space : std::u32string(
           U" \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u3000")) {
    EXPECT_TRUE(is_space(space)) << static_cast<uint32_t>(space);
  }
  for (const char32_t other : std::u32string(U"a_\u200b\ufeff\u180e")) {
    EXPECT_FALSE(is_space(other)) << static_cast<uint32_t>(other);
  }
}

} // namespace
} // namespace microfiche::metrics
