#include "data/glyph_points.h"

#include "rendering/page_style.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace microfiche::data {
namespace {

rendering::RenderedPage render(const std::string& text) {
  rendering::PageStyle style;
  style.font = "DejaVu Sans Mono";
  style.font_size_px = 20;
  style.page_width_px = 128;
  style.page_height_px = 128;
  style.margin_top_px = style.margin_right_px = 4;
  style.margin_bottom_px = style.margin_left_px = 4;
  return rendering::PageRenderer(style).render_first(text);
}

TEST(GlyphPointsTest, NamesTheCharacterInWhoseBoxAPointLies) {
  const auto page = render("ab\ncd");
  RandomStream random(1, "test");

  const auto points = draw_points(random, page, /*count=*/64, /*loose=*/0);

  ASSERT_EQ(points.size(), 64);
  std::set<char> seen;
  for (const auto& point : points) {
    const auto label = static_cast<char>(point.label);
    const auto& box = page.glyphs.at(page.text.find(label) - (label > 'b'));
    EXPECT_GE(point.x_px, box.x);
    EXPECT_LT(point.x_px, box.x + box.width);
    EXPECT_GE(point.y_px, box.y);
    EXPECT_LT(point.y_px, box.y + box.height);
    seen.insert(label);
  }
  EXPECT_EQ(seen, (std::set<char>{'a', 'b', 'c', 'd'}));
}

TEST(GlyphPointsTest, LoosePointsAlsoFallOnPaper) {
  const auto page = render("ab");
  RandomStream random(1, "test");

  const auto points = draw_points(random, page, /*count=*/64, /*loose=*/1);

  const auto blank =
      std::count_if(points.begin(), points.end(), [](const GlyphPoint& point) {
        return point.label == GlyphPoint::kBlank;
      });
  // Two letters of about 12 x 24 px on 128 x 128 px.
  EXPECT_GT(blank, 48);
  EXPECT_LT(blank, 64);
}

TEST(GlyphPointsTest, EveryByteHasAPlaceInReadingOrder) {
  const auto page = render("one two three four five six");

  const auto places = places_of(page);

  const std::string& text = page.lines_text;
  ASSERT_NE(text.find('\n'), std::string::npos);
  // One place a byte and one for the end; from left to right, line below line.
  ASSERT_EQ(places.size(), text.size() + 1);
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i - 1] == '\n') {
      EXPECT_GT(places[i].second, places[i - 1].second);
    } else {
      EXPECT_GT(places[i].first, places[i - 1].first);
      EXPECT_EQ(places[i].second, places[i - 1].second);
    }
  }
}

} // namespace
} // namespace microfiche::data
