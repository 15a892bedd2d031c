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

TEST(PageMixConfigTest, ACurriculumGoesFromItsFirstMixToItsLast) {
  PageMixConfig mix;
  mix.modes = {{"four", 1.0}, {"nine", 3.0}};
  mix.first_modes = {{"one", 2.0}, {"four", 2.0}};
  mix.fill = {0.8, 1.0};
  mix.first_fill = Range{0.4, 0.6};
  mix.ramp_batches = 10;

  const auto first = mix_at(mix, 0);
  EXPECT_EQ(first.modes.at("one"), 0.5);
  EXPECT_EQ(first.modes.at("nine"), 0);
  EXPECT_EQ(first.fill, (Range{0.4, 0.6}));
  const auto middle = mix_at(mix, 5);
  EXPECT_DOUBLE_EQ(middle.modes.at("one"), 0.25);
  EXPECT_DOUBLE_EQ(middle.modes.at("four"), 0.375);
  EXPECT_DOUBLE_EQ(middle.modes.at("nine"), 0.375);
  EXPECT_NEAR(middle.fill.first, 0.6, 1e-12);
  EXPECT_EQ(mix_at(mix, 10).modes, mix.modes);
  EXPECT_EQ(mode_names(mix), (std::vector<std::string>{"four", "nine", "one"}));
}

TEST(PageMixConfigTest, RefusesACurriculumWithoutALength) {
  const Json json = {{"modes", {{"four", 1}}}, {"first_fill", {0.5, 0.6}}};

  EXPECT_THAT(
      [&] { read_config<PageMixConfig>(json, "test"); },
      ThrowsMessage<InputError>(HasSubstr("ramp_batches (above 0) belongs")));
}

} // namespace
} // namespace microfiche::data
