#include "data/page_mix.h"

#include "core/config.h"
#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(PageMixConfigTest, RefusesAKindOfTextThatDoesNotExist) {
  const Json json = {{"modes", {{"four", 1}}}, {"texts", {{"corpsu", 1}}}};

  EXPECT_THAT(
      [&] { read_config<PageMixConfig>(json, "test"); },
      ThrowsMessage<InputError>(HasSubstr("did you mean \"corpus\"")));
}

TEST(PageMixConfigTest, RefusesARangeThatRunsBackwards) {
  const Json json = {
      {"modes", {{"four", 1}}}, {"characters_per_token", {12, 4}}};

  EXPECT_THAT(
      [&] { read_config<PageMixConfig>(json, "test"); },
      ThrowsMessage<InputError>(HasSubstr("characters_per_token: expected")));
}

TEST(PageMixConfigTest, RefusesWeightsThatAreAllZero) {
  const Json json = {{"modes", {{"four", 0}}}};

  EXPECT_THAT(
      [&] { read_config<PageMixConfig>(json, "test"); },
      ThrowsMessage<InputError>(HasSubstr("weight above 0")));
}

} // namespace
} // namespace microfiche::data
