#include "document/page_range.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::document {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<int64_t> pages(const std::string& text, int64_t num_pages) {
  return list_pages(parse_page_range(text), num_pages, "a.pdf");
}

TEST(PageRangeTest, ReadsRanges) {
  EXPECT_THAT(pages("3", 12), ElementsAre(3));
  EXPECT_THAT(pages("3-7", 12), ElementsAre(3, 4, 5, 6, 7));
  EXPECT_THAT(pages("1,3-5", 12), ElementsAre(1, 3, 4, 5));
  EXPECT_THAT(pages("10-", 12), ElementsAre(10, 11, 12));
  EXPECT_THAT(pages("12-12", 12), ElementsAre(12));
}

TEST(PageRangeTest, PagesAreAscendingEachOnce) {
  EXPECT_THAT(pages("5,2-3,3-4,5", 12), ElementsAre(2, 3, 4, 5));
}

TEST(PageRangeTest, RefusesTextThatIsNotARange) {
  for (const auto* text :
       {"",
        "-",
        "0",
        "0-3",
        "-5",
        "7-3",
        "1,",
        ",1",
        "1,,2",
        "1-2-3",
        "3-x",
        "three",
        "+3",
        "1 - 2",
        "3.5",
        "99999999999999999999",
        "1-99999999999999999999"}) {
    EXPECT_THAT(
        [&] { parse_page_range(text); },
        ThrowsMessage<UsageError>(AllOf(
            HasSubstr("such as 3, 3-7, 10- or 1,3-5"),
            HasSubstr(concat("got \"", text, "\"")))))
        << text;
  }
}

TEST(PageRangeTest, RefusesPagesThatTheDocumentDoesNotHave) {
  for (const auto* text : {"13", "13-", "3-70", "1,12-13"}) {
    EXPECT_THAT(
        [&] { pages(text, 12); },
        ThrowsMessage<InputError>(
            HasSubstr("a.pdf: expected pages of 1 to 12, got ")))
        << text;
  }
}

} // namespace
} // namespace microfiche::document
