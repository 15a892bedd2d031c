#include "metrics/anls.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(AnlsTest, IsTheEditSimilarityOfANearReading) {
  EXPECT_DOUBLE_EQ(anls(U"abcd", U"abcx"), 0.75);
}

TEST(AnlsTest, HalfWrongIsWorthNothing) {
  EXPECT_EQ(anls(U"abcd", U"abxy"), 0);
}

TEST(AnlsTest, CaseAndWidthOfSpacesDoNotCount) {
  EXPECT_EQ(anls(U"Two  Words\n", U"two words"), 1);
}

} // namespace
} // namespace microfiche::metrics
