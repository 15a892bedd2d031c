#include "conditions/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conditions/page/page_condition.h"
#include "conditions/text/text_condition.h"
#include "core/error.h"

namespace microfiche::conditions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

void expect_refused(const std::string& text, const std::string& message) {
  EXPECT_THAT(
      [&] { find_conditions(page_conditions(), text, "s.json: page"); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("s.json: page"), HasSubstr(message))))
      << text;
}

TEST(ConditionTest, SeveralFollowEachOtherWithTheirStrengths) {
  const auto found =
      find_conditions(page_conditions(), "rotation:-2.5+blank", "page");

  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].entry->info.name, "rotation");
  EXPECT_EQ(found[0].strength, -2.5);
  EXPECT_EQ(found[1].entry->info.name, "blank");
  EXPECT_TRUE(is_floor(found));
}

TEST(ConditionTest, NoneIsNoCondition) {
  EXPECT_THAT(find_conditions(page_conditions(), "none", "page"), IsEmpty());
  EXPECT_THAT(find_text_conditions("corpus", "text"), IsEmpty());
}

TEST(ConditionTest, AnUnknownNameIsRefusedNamingTheKnownOnes) {
  expect_refused("rotate:3", "no condition named \"rotate\"");
  expect_refused("rotate:3", "; there are rotation, skew, ");
  expect_refused("blurr:1", "did you mean \"blur\"?");
}

TEST(ConditionTest, StrengthsAreChecked) {
  expect_refused("rotation", "needs its strength in degrees");
  expect_refused("rotation:x", "expected a number after the colon");
  expect_refused("rotation:", "expected a number after the colon");
  expect_refused("blank:1", "has no strength");
  expect_refused("jpeg:0", "takes from 1 to 100 quality, got 0");
  expect_refused("blank+", "no condition named \"\"");
}

} // namespace
} // namespace microfiche::conditions
