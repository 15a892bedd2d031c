#include "document/overlay.h"

#include "core/error.h"

#include "tests/document/pixels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <tuple>

namespace microfiche::document {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using tests::kWhite;
using tests::pixel;

/// WCAG 2.1, "contrast ratio", of white letters on the colour.
double contrast_with_white(page::Colour colour) {
  const auto linear = [](uint8_t byte) {
    const double value = byte / 255.0;
    return value <= 0.03928 ? value / 12.92
                            : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 1.05 /
      (0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) +
       0.0722 * linear(colour.blue) + 0.05);
}

/// Pixels of this colour in columns [left, right), rows [top, bottom).
int64_t
count(const page::PageImage& image, const Box& part, page::Colour colour) {
  int64_t pixels = 0;
  for (int64_t y = part.top; y < part.bottom; ++y) {
    for (int64_t x = part.left; x < part.right; ++x) {
      pixels += pixel(image, x, y) == colour ? 1 : 0;
    }
  }
  return pixels;
}

TEST(OverlayTest, CutsFiguresOutOfThePage) {
  auto page = page::make_page(8, 6, kWhite);
  page.rgb[(2 * 8 + 3) * 3] = 7; // at (3, 2)
  const GroundedText text = {
      {{"text", {{0, 0, 8, 6}}, ""},
       {"image", {{3, 2, 3, 6}, {3, 2, 5, 6}}, ""}},
      0};

  const auto figures = cut_figures(page, text);

  ASSERT_EQ(figures.size(), 1);
  EXPECT_EQ(figures[0].width, 2);
  EXPECT_EQ(figures[0].height, 4);
  EXPECT_EQ(pixel(figures[0], 0, 0), (page::Colour{7, 255, 255}));
  EXPECT_EQ(pixel(figures[0], 1, 0), kWhite);
}

TEST(OverlayTest, AFigureIsCutAtTheEdgesOfThePage) {
  const GroundedText text = {
      {{"image", {{-5, 2, 90, 90}, {8, 0, 9, 9}}, ""}}, 0};

  const auto figures = cut_figures(page::make_page(8, 6, kWhite), text);

  EXPECT_THAT(
      figures, ElementsAre(page::make_page(8, 4, kWhite), page::PageImage()));
}

TEST(OverlayTest, EveryPublishedLabelHasItsOwnColour) {
  std::set<std::tuple<int, int, int>> colours;
  for (const auto* label :
       {"title",
        "sub_title",
        "text",
        "image",
        "image_caption",
        "table",
        "table_caption",
        "equation"}) {
    const auto colour = label_colour(label);
    colours.insert({colour.red, colour.green, colour.blue});
  }

  EXPECT_EQ(colours.size(), 8);
}

TEST(OverlayTest, WhiteLettersCanBeReadOnEveryColour) {
  constexpr double kLevelAa = 4.5;
  for (const auto* label :
       {"title",
        "sub_title",
        "text",
        "image",
        "image_caption",
        "table",
        "table_caption",
        "equation",
        "a",
        "b",
        "c",
        "d",
        "e"}) {
    EXPECT_GE(contrast_with_white(label_colour(label)), kLevelAa) << label;
  }
}

TEST(OverlayTest, FramesEachBoxInTheColourOfItsLabel) {
  const auto page = page::make_page(400, 300, kWhite);
  const Box box = {100, 150, 300, 250};

  const auto overlay = draw_overlay(page, {{"text", {box}, ""}});

  const auto colour = label_colour("text");
  for (const auto& [x, y] :
       {std::pair{100, 200}, {299, 200}, {200, 150}, {200, 249}}) {
    EXPECT_EQ(pixel(overlay, x, y), colour) << x << ", " << y;
  }
  for (const auto& [x, y] :
       {std::pair{99, 200}, {300, 200}, {290, 149}, {200, 250}}) {
    EXPECT_EQ(pixel(overlay, x, y), kWhite) << x << ", " << y;
  }
}

TEST(OverlayTest, TheContentOfABoxStaysVisible) {
  const auto page = page::make_page(400, 300, kWhite);

  const auto overlay =
      draw_overlay(page, {{"text", {{100, 150, 300, 250}}, ""}});

  const auto inside = pixel(overlay, 200, 200);
  EXPECT_NE(inside, kWhite);
  EXPECT_GT(inside.red, 220);
}

TEST(OverlayTest, WritesTheLabelAboveItsBox) {
  const auto page = page::make_page(400, 300, kWhite);

  const auto overlay =
      draw_overlay(page, {{"title", {{100, 150, 300, 250}}, ""}});

  // Letters of 10 px, and what is between them in the colour of the label.
  const Box above = {100, 130, 160, 150};
  EXPECT_GT(count(overlay, above, label_colour("title")), 100);
  EXPECT_EQ(count(overlay, {0, 0, 400, 120}, kWhite), 400 * 120);
}

TEST(OverlayTest, WritesTheLabelInsideABoxAtTheTop) {
  const auto page = page::make_page(400, 300, kWhite);

  const auto overlay =
      draw_overlay(page, {{"title", {{100, 2, 300, 250}}, ""}});

  EXPECT_GT(count(overlay, {103, 5, 130, 14}, label_colour("title")), 50);
}

TEST(OverlayTest, ALabelCanBeAnyBytes) {
  const auto page = page::make_page(40, 30, kWhite);

  const auto overlay = draw_overlay(
      page,
      {{std::string("\xFF\x00line\nbreak", 12), {{1, 1, 40, 30}}, ""},
       {std::string(100000, 'x'), {{39, 29, 40, 30}}, ""},
       {"", {{-9, -9, 90, 90}}, ""}});

  EXPECT_EQ(overlay.width, 40);
}

TEST(OverlayTest, WithoutBoxesThePageDoesNotChange) {
  auto page = page::make_page(5, 3, {1, 2, 3});
  page.rgb[7] = 200;

  EXPECT_EQ(
      draw_overlay(
          page, {{"text", {}, "words"}, {"image", {{3, 3, 1, 1}}, ""}}),
      page);
}

TEST(OverlayTest, RefusesAPageThatIsTooLongToDrawOn) {
  const auto page = page::make_page(32768, 1, kWhite);

  EXPECT_THAT(
      [&] { draw_overlay(page, {}); },
      ThrowsMessage<InputError>(
          HasSubstr("the page has 32768 x 1 pixels; boxes are drawn on")));
}

} // namespace
} // namespace microfiche::document
