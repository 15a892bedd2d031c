#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

TEST(ErrorTest, CheckThrowsItsPartsAsOneMessage) {
  EXPECT_THAT(
      [] { check(false, "page.png", ": width must be at least ", 1); },
      ThrowsMessage<InputError>(StrEq("page.png: width must be at least 1")));
}

TEST(ErrorTest, CheckLetsTrueConditionsPass) {
  EXPECT_NO_THROW(check(true, "unused"));
}

TEST(ErrorTest, EveryKindHasTheExitCodeThatScriptsRelyOn) {
  EXPECT_EQ(static_cast<int>(UsageError("").exit_code()), 2);
  EXPECT_EQ(static_cast<int>(InputError("").exit_code()), 3);
  EXPECT_EQ(static_cast<int>(IoError("").exit_code()), 4);
  EXPECT_EQ(static_cast<int>(OutOfMemoryError("").exit_code()), 5);
  EXPECT_EQ(static_cast<int>(NumericError("").exit_code()), 6);
}

} // namespace
} // namespace microfiche
