#include "page/resolution_mode.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::page {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ResolutionModeTest, TheSmallModesStretchAndTheOthersPad) {
  EXPECT_EQ(find_mode("tiny").fit, Fit::kStretch);
  EXPECT_EQ(find_mode("small").fit, Fit::kStretch);
  EXPECT_EQ(find_mode("base").fit, Fit::kPad);
  EXPECT_EQ(find_mode("large").fit, Fit::kPad);
  EXPECT_EQ(find_mode("gundam").fit, Fit::kPad);
  EXPECT_EQ(find_mode("gundam-m").fit, Fit::kPad);
}

TEST(ResolutionModeTest, OnlyTheGundamModesHaveTiles) {
  EXPECT_EQ(find_mode("large").tile_size_px, 0);
  EXPECT_EQ(find_mode("gundam").tile_size_px, 640);
  EXPECT_EQ(find_mode("gundam-m").tile_size_px, 1024);
}

TEST(ResolutionModeTest, AnOwnModeComesBeforeAnOfficialOne) {
  ResolutionMode own;
  own.name = "tiny";
  own.base_size_px = 128;

  EXPECT_EQ(find_mode("tiny", {own}).base_size_px, 128);
}

TEST(ResolutionModeTest, AnUnknownNameListsTheModesAndSuggestsOne) {
  EXPECT_THAT(
      [] { find_mode("gundm"); },
      ThrowsMessage<UsageError>(AllOf(
          HasSubstr("no resolution mode named \"gundm\""),
          HasSubstr("tiny, small, base, large, gundam, gundam-m"),
          HasSubstr("did you mean \"gundam\""))));
}

TEST(ResolutionModeTest, AModeIsReadFromAConfig) {
  const auto json = parse_json(
      R"({"name": "n16", "base_size_px": 256, "fit": "stretch"})", "modes");

  const auto mode = read_config<ResolutionMode>(json, "modes");

  EXPECT_EQ(mode.base_size_px, 256);
  EXPECT_EQ(mode.fit, Fit::kStretch);
  EXPECT_FALSE(mode.tiled());
}

TEST(ResolutionModeTest, RefusesASideOfZero) {
  const auto json = parse_json(R"({"name": "n0", "base_size_px": 0})", "modes");

  EXPECT_THAT(
      [&] { read_config<ResolutionMode>(json, "modes"); },
      ThrowsMessage<InputError>(
          HasSubstr("base_size_px: expected 1 to 4096, got 0")));
}

TEST(ResolutionModeTest, RefusesMoreTilesThanAPageCanHave) {
  const auto json =
      parse_json(R"({"name": "many", "max_tiles": 100000})", "modes");

  EXPECT_THAT(
      [&] { read_config<ResolutionMode>(json, "modes"); },
      ThrowsMessage<InputError>(HasSubstr("max_tiles <= 256")));
}

} // namespace
} // namespace microfiche::page
