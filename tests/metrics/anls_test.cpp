#include "metrics/anls.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(AnlsTest, EqualsEditSimilarityForASimilarText) {
  EXPECT_DOUBLE_EQ(anls(U"abcd", U"abcx"), 0.75);
}

TEST(AnlsTest, IsZeroIfHalfIsWrong) {
  EXPECT_EQ(anls(U"abcd", U"abxy"), 0);
}

TEST(AnlsTest, IgnoresCaseAndWidthOfSpaces) {
  EXPECT_EQ(anls(U"Two  Words\n", U"two words"), 1);
}

} // namespace
} // namespace microfiche::metrics
