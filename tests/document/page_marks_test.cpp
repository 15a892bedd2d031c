#include "document/page_marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::document {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(PageMarksTest, EachPageBeginsWithAMark) {
  EXPECT_THAT(
      split_pages("<PAGE>\n<|det|>title [1, 2, 3, 4]<|/det|>One\n<PAGE>Two"),
      Optional(ElementsAre("<|det|>title [1, 2, 3, 4]<|/det|>One", "Two")));
}

TEST(PageMarksTest, TextBeforeTheFirstMarkIsDropped) {
  EXPECT_THAT(split_pages("Pages: <PAGE> One "), Optional(ElementsAre("One")));
}

TEST(PageMarksTest, APageMayBeEmpty) {
  EXPECT_THAT(
      split_pages("<PAGE><PAGE>\n<PAGE>c"), Optional(ElementsAre("", "", "c")));
}

TEST(PageMarksTest, TextWithoutAMarkHasNoPages) {
  EXPECT_EQ(split_pages("<page>One"), std::nullopt);
  EXPECT_EQ(split_pages(""), std::nullopt);
}

} // namespace
} // namespace microfiche::document
