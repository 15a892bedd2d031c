#include "page/page_views.h"

#include "core/error.h"
#include "page/image_file.h"
#include "page/vision_token_order.h"
#include "tests/page/noise.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::page {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(PageViewsTest, ViewsEqualTheReferencesBitForBit) {
  for (const auto& golden : golden_cases("views.json")) {
    const auto page =
        read_image(golden_path(golden["page"].get<std::string>()));

    const auto views = make_views(page, find_mode(golden["mode"]));

    EXPECT_EQ((Json{views.grid.columns, views.grid.rows}), golden["grid"])
        << golden;
    EXPECT_EQ(pixel_hash(views.global_view), golden["global_view"]) << golden;
    for (const auto& [index, hash] : golden["tiles"].items()) {
      EXPECT_EQ(pixel_hash(views.tiles.at(std::stoul(index))), hash)
          << golden << " tile " << index;
    }
  }
}

TEST(PageViewsTest, ViewsOfDeepSeekOcr2EqualTheReferencesBitForBit) {
  const auto folder = tests::data_path("parity_v2");
  const auto cases = read_json_file(folder / "views.json").at("cases");
  EXPECT_EQ(cases.size(), 9u);
  for (const auto& golden : cases) {
    const auto page = read_image(folder / golden["page"].get<std::string>());
    const auto mode = find_mode(golden["mode"], {}, flow_modes());

    const auto views = make_views(page, mode);

    EXPECT_EQ((Json{views.grid.columns, views.grid.rows}), golden["grid"])
        << golden;
    EXPECT_EQ(
        count_vision_tokens(mode, page.width, page.height).positions,
        golden["positions"])
        << golden;
    EXPECT_EQ(pixel_hash(views.global_view), golden["global_view"]) << golden;
    for (const auto& [index, hash] : golden["tiles"].items()) {
      EXPECT_EQ(pixel_hash(views.tiles.at(std::stoul(index))), hash)
          << golden << " tile " << index;
    }
  }
}

TEST(PageViewsTest, TilesLieRowByRow) {
  ResolutionMode mode;
  mode.name = "tiles";
  mode.base_size_px = 4;
  mode.tile_size_px = 2;
  const auto page = noise(6, 4, 0);

  const auto views = make_views(page, mode);

  ASSERT_EQ(views.grid, (TileGrid{3, 2}));
  EXPECT_EQ(views.tiles[4], crop(page, 2, 2, 2, 2));
}

TEST(PageViewsTest, APageWithoutTilesHasOnlyItsGlobalView) {
  const auto views = make_views(noise(300, 200, 0), find_mode("gundam"));

  EXPECT_TRUE(views.tiles.empty());
  EXPECT_EQ(views.global_view.width, 1024);
}

TEST(PageViewsTest, APageOfTheModesSizeIsNotResized) {
  ResolutionMode mode;
  mode.name = "nano";
  mode.base_size_px = 128;
  const auto page = noise(128, 128, 3);

  EXPECT_EQ(make_views(page, mode).global_view, page);
}

TEST(PageViewsTest, KeepsTheSidesOfThePage) {
  const auto views = make_views(noise(30, 20, 0), find_mode("tiny"));

  EXPECT_EQ(views.page_width_px, 30);
  EXPECT_EQ(views.page_height_px, 20);
}

TEST(PageViewsTest, RefusesAPageWithoutPixels) {
  EXPECT_THAT(
      [] { make_views(PageImage{}, find_mode("tiny")); },
      ThrowsMessage<InputError>(HasSubstr("at least one pixel")));
}

} // namespace
} // namespace microfiche::page
