#include "reading/together.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::reading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The texts, and what was said on standard error.
struct Split {
  std::vector<std::string> texts;
  std::string said;
};

Split split(std::string_view answer, size_t count) {
  ::testing::internal::CaptureStderr();
  auto texts = texts_of_pages(answer, count);
  return {std::move(texts), ::testing::internal::GetCapturedStderr()};
}

TEST(TogetherTest, EachMarkBeginsAPage) {
  const auto both = split("<PAGE>One\n<PAGE>Two", 2);

  EXPECT_THAT(both.texts, ElementsAre("One", "Two"));
  EXPECT_EQ(both.said, "");
}

TEST(TogetherTest, TextBeforeTheFirstMarkIsWithTheFirstPage) {
  const auto both = split("Contents\n<PAGE>One<PAGE>Two", 2);

  EXPECT_THAT(both.texts, ElementsAre("Contents\n\nOne", "Two"));
  EXPECT_THAT(
      both.said,
      HasSubstr("the answer has text before its first page mark; it is with "
                "the first page"));
  EXPECT_THAT(split("One<PAGE>", 1).texts, ElementsAre("One"));
}

TEST(TogetherTest, MissingPagesAreEmptyAndTheLastHasTheTextOfMore) {
  const auto missing = split("<PAGE>One", 2);
  EXPECT_THAT(missing.texts, ElementsAre("One", ""));
  EXPECT_THAT(
      missing.said, HasSubstr("the answer has 1 page but the prompt 2"));

  const auto more = split("<PAGE>One<PAGE>Two<PAGE>Three", 2);
  EXPECT_THAT(more.texts, ElementsAre("One", "Two\n\n<PAGE>\n\nThree"));
}

} // namespace
} // namespace microfiche::reading
