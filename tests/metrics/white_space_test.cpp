#include "metrics/white_space.h"

#include <gtest/gtest.h>

#include <string>

namespace microfiche::metrics {
namespace {

TEST(WhiteSpaceTest, WhiteSpaceEqualsPythons) {
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
