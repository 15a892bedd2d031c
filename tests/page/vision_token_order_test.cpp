#include "page/vision_token_order.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace microfiche::page {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

VisionTokenCounts counts(const char* mode, TileGrid grid = {}) {
  return count_vision_tokens(find_mode(mode), grid, 1000, 1000);
}

TEST(VisionTokenCountTest, UntiledModesHaveThePapersCounts) {
  EXPECT_EQ(counts("tiny"), (VisionTokenCounts{64, 64, 73}));
  EXPECT_EQ(counts("small"), (VisionTokenCounts{100, 100, 111}));
  EXPECT_EQ(counts("base"), (VisionTokenCounts{256, 256, 273}));
  EXPECT_EQ(counts("large"), (VisionTokenCounts{400, 400, 421}));
  EXPECT_EQ(counts("gundam"), (VisionTokenCounts{256, 256, 273}));
}

TEST(VisionTokenCountTest, GundamPositionsOfEveryGrid) {
  const std::map<std::pair<int, int>, int> positions = {
      {{1, 2}, 493},  {{2, 1}, 483},  {{1, 3}, 603},  {{3, 1}, 583},
      {{1, 4}, 713},  {{2, 2}, 693},  {{4, 1}, 683},  {{1, 5}, 823},
      {{5, 1}, 783},  {{1, 6}, 933},  {{2, 3}, 903},  {{3, 2}, 893},
      {{6, 1}, 883},  {{1, 7}, 1043}, {{7, 1}, 983},  {{1, 8}, 1153},
      {{2, 4}, 1113}, {{4, 2}, 1093}, {{8, 1}, 1083}, {{1, 9}, 1263},
      {{3, 3}, 1203}, {{9, 1}, 1183}};
  for (const auto& [grid, expected] : positions) {
    EXPECT_EQ(counts("gundam", {grid.first, grid.second}).positions, expected)
        << grid.first << " x " << grid.second;
  }
}

TEST(VisionTokenCountTest, GundamHas256And100PerTile) {
  EXPECT_EQ(counts("gundam", {1, 2}).nominal, 456);
  EXPECT_EQ(counts("gundam", {3, 3}).nominal, 1156);
}

TEST(VisionTokenCountTest, GundamMHas400And256PerTile) {
  EXPECT_EQ(counts("gundam-m", {1, 2}), (VisionTokenCounts{912, 912, 965}));
  EXPECT_EQ(counts("gundam-m", {2, 1}), (VisionTokenCounts{912, 912, 949}));
  EXPECT_EQ(counts("gundam-m", {2, 2}), (VisionTokenCounts{1424, 1424, 1477}));
  EXPECT_EQ(counts("gundam-m", {2, 3}), (VisionTokenCounts{1936, 1936, 2005}));
  EXPECT_EQ(counts("gundam-m", {3, 3}), (VisionTokenCounts{2704, 2704, 2773}));
}

TEST(VisionTokenCountTest, TheCountOfAPageUsesTheGridOfItsMode) {
  EXPECT_EQ(
      count_vision_tokens(find_mode("gundam"), 1654, 2339).positions, 903);
  EXPECT_EQ(count_vision_tokens(find_mode("gundam"), 429, 806).positions, 493);
}

TEST(VisionTokenCountTest, ValidTokensOfAPaddedPageAreRoundedUpAsInThePaper) {
  EXPECT_EQ(count_vision_tokens(find_mode("base"), 1654, 2339).valid, 182);
  EXPECT_EQ(count_vision_tokens(find_mode("large"), 2339, 1654).valid, 283);
}

TEST(VisionTokenCountTest, AStretchedPageCoversAllItsTokens) {
  EXPECT_EQ(count_vision_tokens(find_mode("tiny"), 100, 900).valid, 64);
}

TEST(VisionTokenCountTest, AllTokensOfTilesAreValid) {
  const auto gundam = count_vision_tokens(find_mode("gundam"), 1654, 2339);

  EXPECT_EQ(gundam.valid, 182 + 600);
}

TEST(VisionTokenCountTest, AnotherTokenSizeGivesOtherCounts) {
  const auto tiny = count_vision_tokens(
      find_mode("tiny"), TileGrid{}, 9, 9, /*pixels_per_token=*/128);

  EXPECT_EQ(tiny, (VisionTokenCounts{16, 16, 21}));
}

TEST(VisionTokenCountTest, RefusesAViewThatIsNotAWholeNumberOfTokens) {
  ResolutionMode mode;
  mode.name = "odd";
  mode.base_size_px = 100;

  EXPECT_THAT(
      [&] { count_vision_tokens(mode, 10, 10); },
      ThrowsMessage<InputError>(
          HasSubstr("mode \"odd\": a view of 100 px is not a whole number of "
                    "vision tokens of 64 px each")));
}

TEST(VisionTokenOrderTest, EveryRowOfTheGlobalViewEndsWithANewline) {
  // 4 tokens, then the newline (4) and the separator (5).
  EXPECT_THAT(
      vision_token_order(2, TileGrid{}, 0), ElementsAre(0, 1, 4, 2, 3, 4, 5));
}

TEST(VisionTokenOrderTest, TilesAreJoinedIntoOneMapBeforeTheGlobalView) {
  // Two tiles of 2 x 2 side by side: 0..3 and 4..7; the global view is 8, the
  // newline 9, the separator 10.
  EXPECT_THAT(
      vision_token_order(1, TileGrid{2, 1}, 2),
      ElementsAre(0, 1, 4, 5, 9, 2, 3, 6, 7, 9, 8, 9, 10));
}

TEST(VisionTokenOrderTest, TilesBelowOneAnotherFollowRowByRow) {
  EXPECT_THAT(
      vision_token_order(1, TileGrid{1, 2}, 1),
      ElementsAre(0, 3, 1, 3, 2, 3, 4));
}

TEST(VisionTokenOrderTest, AFlatLayoutKeepsTheOrderAndHasNoNewline) {
  // Two tiles of 2 x 2, the global view 8, the separator 10.
  EXPECT_THAT(
      vision_token_order(1, TileGrid{2, 1}, 2, {.has_rows = false}),
      ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 10));
}

TEST(VisionTokenOrderTest, ATokenOfSeveralSquaresTakesOnePosition) {
  // Two tiles and the global view, 2 x 2 squares each, give 2 tokens each; 6
  // would be the newline.
  EXPECT_THAT(
      vision_token_order(
          2, TileGrid{2, 1}, 2, {.has_rows = false, .squares_per_token = 2}),
      ElementsAre(0, 1, 2, 3, 4, 5, 7));
}

TEST(VisionTokenCountTest, SquaresShareAToken) {
  auto mode = find_mode("dynamic", {}, flow_modes());
  mode.layout.squares_per_token = 8;

  // 16 * 16 / 8 for the global view and 12 * 12 / 8 for each tile.
  EXPECT_EQ(
      count_vision_tokens(mode, TileGrid{}, 1000, 1000),
      (VisionTokenCounts{32, 32, 33}));
  EXPECT_EQ(
      count_vision_tokens(mode, TileGrid{2, 3}, 1000, 1000),
      (VisionTokenCounts{140, 140, 141}));
  // A page half as wide as it is high covers half of the global view.
  EXPECT_EQ(
      count_vision_tokens(mode, TileGrid{}, 500, 1000),
      (VisionTokenCounts{32, 16, 33}));
}

TEST(VisionTokenCountTest, RefusesSquaresThatDoNotFillTheTokens) {
  auto mode = find_mode("768", {}, flow_modes());
  mode.layout.squares_per_token = 5;
  EXPECT_THAT(
      [&] { count_vision_tokens(mode, 1000, 1000); },
      ThrowsMessage<InputError>(HasSubstr(
          "12 x 12 squares of a view are not a whole number of vision tokens "
          "of 5 squares each")));

  auto rows = find_mode("tiny");
  rows.layout.squares_per_token = 2;
  EXPECT_THROW(count_vision_tokens(rows, 1000, 1000), InputError);
}

TEST(VisionTokenCountTest, DeepSeekOcr2Has257PositionsAnd144PerTile) {
  const auto of = [](const char* mode, TileGrid grid) {
    return count_vision_tokens(
        find_mode(mode, {}, flow_modes()), grid, 1000, 1000);
  };
  EXPECT_EQ(of("base", {}), (VisionTokenCounts{256, 256, 257}));
  EXPECT_EQ(of("768", {}), (VisionTokenCounts{144, 144, 145}));
  EXPECT_EQ(of("dynamic", {2, 3}), (VisionTokenCounts{1120, 1120, 1121}));
  EXPECT_EQ(of("dynamic", {6, 1}), of("dynamic", {2, 3}));
}

TEST(VisionTokenOrderTest, TakesEveryTokenOnceAndAsManyPositionsAsCounted) {
  const TileGrid grid{2, 3};
  auto order = vision_token_order(16, grid, 10);

  EXPECT_EQ(
      static_cast<int64_t>(order.size()), counts("gundam", grid).positions);
  const int64_t num_tokens = 600 + 256;
  std::sort(order.begin(), order.end());
  for (int64_t token = 0; token < num_tokens; ++token) {
    ASSERT_EQ(order[token], token);
  }
  const int64_t newlines = std::count(order.begin(), order.end(), num_tokens);
  EXPECT_EQ(newlines, 30 + 16);
  EXPECT_EQ(order.back(), num_tokens + 1);
}

} // namespace
} // namespace microfiche::page
