#include "core/plural.h"

#include <gtest/gtest.h>

namespace microfiche {
namespace {

TEST(PluralTest, OnlyOneHasTheSingular) {
  EXPECT_EQ(count_of(0, "page"), "0 pages");
  EXPECT_EQ(count_of(1, "page"), "1 page");
  EXPECT_EQ(count_of(12, "text file"), "12 text files");
}

} // namespace
} // namespace microfiche
