#include "page/tiling.h"

#include "core/error.h"
#include "page/vision_token_order.h"
#include "tests/page/noise.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>

namespace microfiche::page {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Expects the grid of every row of a file; returns the number of rows.
int64_t expect_grids(const std::filesystem::path& file) {
  std::istringstream rows(read_file(file));
  std::string row;
  std::getline(rows, row); // width,height,tile_size,max_tiles,wide,high
  int64_t num_rows = 0;
  while (std::getline(rows, row)) {
    int64_t width, height, tile_size, max_tiles;
    TileGrid expected;
    char comma;
    std::istringstream(row) >> width >> comma >> height >> comma >> tile_size >>
        comma >> max_tiles >> comma >> expected.columns >> comma >>
        expected.rows;

    const auto chosen = choose_tile_grid(
        width,
        height,
        tile_size,
        /*min_tiles=*/2,
        max_tiles,
        /*untiled_up_to_px=*/640);

    EXPECT_EQ(chosen, expected) << row;
    ++num_rows;
  }
  return num_rows;
}

TEST(TilingTest, ChoosesTheReferencesGridForEverySize) {
  EXPECT_EQ(expect_grids(golden_path("tiles.csv")), 942);
}

TEST(TilingTest, ChoosesUnlimitedOcrsGridOfUpToThirtyTwoTiles) {
  EXPECT_EQ(
      expect_grids(tests::data_path("parity_unlimited/tiles_max32.csv")), 311);
}

TEST(TilingTest, DeepSeekOcr2HasTheReferencesGridAndPositionsForEverySize) {
  const auto mode = find_mode("dynamic", {}, flow_modes());
  std::istringstream rows(read_file(tests::data_path("parity_v2/tiles.csv")));
  std::string row;
  std::getline(rows, row);
  ASSERT_THAT(row, HasSubstr("max_tiles,tiles_wide,tiles_high,positions"));
  int64_t num_rows = 0;
  for (; std::getline(rows, row); ++num_rows) {
    int64_t width, height, tile_size, max_tiles, positions;
    TileGrid expected;
    char comma;
    std::istringstream(row) >> width >> comma >> height >> comma >> tile_size >>
        comma >> max_tiles >> comma >> expected.columns >> comma >>
        expected.rows >> comma >> positions;

    EXPECT_EQ(mode.tile_size_px, tile_size);
    EXPECT_EQ(mode.max_tiles, max_tiles);
    EXPECT_EQ(mode_tile_grid(mode, width, height), expected) << row;
    EXPECT_EQ(count_vision_tokens(mode, width, height).positions, positions)
        << row;
  }
  EXPECT_EQ(num_rows, 327);
}

TEST(TilingTest, ASquareSwitchesFromFourTilesToNineAt1358) {
  EXPECT_EQ(choose_tile_grid(1357, 1357, 640, 2, 9), (TileGrid{2, 2}));
  EXPECT_EQ(choose_tile_grid(1358, 1358, 640, 2, 9), (TileGrid{3, 3}));
}

TEST(TilingTest, APageAsSmallAsATileIsNotCut) {
  EXPECT_FALSE(choose_tile_grid(640, 640, 640, 2, 9).tiled());
  EXPECT_TRUE(choose_tile_grid(641, 100, 640, 2, 9).tiled());
}

TEST(TilingTest, TheTileIsTheDefaultLimit) {
  EXPECT_FALSE(choose_tile_grid(128, 128, 128, 2, 9).tiled());
  EXPECT_TRUE(choose_tile_grid(129, 128, 128, 2, 9).tiled());
}

TEST(TilingTest, AModeWithoutTilesNeverCuts) {
  EXPECT_EQ(mode_tile_grid(find_mode("base"), 5000, 300), TileGrid{});
}

TEST(TilingTest, GundamMCutsPagesSmallerThanItsTile) {
  EXPECT_EQ(mode_tile_grid(find_mode("gundam-m"), 700, 700), (TileGrid{2, 2}));
}

TEST(TilingTest, RefusesAnEmptyRangeOfTiles) {
  EXPECT_THAT(
      [] { choose_tile_grid(900, 900, 640, 5, 4); },
      ThrowsMessage<InputError>(HasSubstr("min_tiles <= max_tiles")));
}

} // namespace
} // namespace microfiche::page
