#include "rendering/page_style.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::rendering {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

PageStyle read(const char* text) {
  return read_config<PageStyle>(parse_json(text, "style.json"), "style.json");
}

auto refuses(const char* words) {
  return ThrowsMessage<InputError>(HasSubstr(words));
}

TEST(PageStyleTest, TheDefaultFileHoldsTheDefaults) {
  const auto file =
      read_json_file(MICROFICHE_SOURCE_DIR "/configs/pages/default.json");

  EXPECT_EQ(file, write_config(PageStyle{}));
}

TEST(PageStyleTest, EveryShippedStyleIsValid) {
  for (const auto* name : {"default", "two_column", "dense", "nano"}) {
    EXPECT_NO_THROW(load_config<PageStyle>(
        std::string(MICROFICHE_SOURCE_DIR "/configs/pages/") + name + ".json"))
        << name;
  }
}

TEST(PageStyleTest, PaperAndDpiGiveThePagesPixels) {
  const auto pixels = in_pixels(read(R"({"paper": "a4", "dpi": 200})"));

  EXPECT_EQ(pixels.page_width_px, 1654);
  EXPECT_EQ(pixels.page_height_px, 2339);
}

TEST(PageStyleTest, DpiScalesEveryLength) {
  const auto pixels = in_pixels(
      read(R"({"font_size_px": 10, "margin_top_px": 5, "dpi": 192})"));

  EXPECT_EQ(pixels.page_width_px, 2048);
  EXPECT_EQ(pixels.font_size_px, 20);
  EXPECT_EQ(pixels.margin_top_px, 10);
}

TEST(PageStyleTest, At96DpiAPxIsAPixel) {
  const auto pixels = in_pixels(read(R"({"font_size_px": 7.5})"));

  EXPECT_EQ(pixels.page_width_px, 1024);
  EXPECT_EQ(pixels.font_size_px, 7.5);
}

TEST(PageStyleTest, ColumnsShareWhatMarginsAndGapsLeave) {
  const auto style = read(
      R"({"page_width_px": 500, "margin_left_px": 20, "margin_right_px": 30,
          "columns": 2, "column_gap_px": 50})");

  EXPECT_EQ(column_width(style), 200);
}

TEST(PageStyleTest, ReadsAColour) {
  EXPECT_EQ(parse_colour("#1a2B3c", "x"), (page::Colour{0x1A, 0x2B, 0x3C}));
}

TEST(PageStyleTest, RefusesTextThatIsNotAColour) {
  EXPECT_THAT(
      [] { read(R"({"text_colour": "black"})"); },
      refuses("text_colour: expected a colour such as \"#1a2b3c\", got"));
}

TEST(PageStyleTest, RefusesTextInTheColourOfThePage) {
  EXPECT_THAT(
      [] { read(R"({"text_colour": "#FFFFFF"})"); },
      refuses("expected two colours"));
}

TEST(PageStyleTest, RefusesAPageSizeBesideAPaper) {
  EXPECT_THAT(
      [] { read(R"({"paper": "a4", "page_width_px": 800})"); },
      refuses("is a page size; remove"));
}

TEST(PageStyleTest, RefusesAnUnknownPaper) {
  EXPECT_THAT([] { read(R"({"paper": "a9"})"); }, refuses("got \"a9\""));
}

TEST(PageStyleTest, RefusesAFontSizeOfZero) {
  EXPECT_THAT(
      [] { read(R"({"font_size_px": 0})"); },
      refuses("font_size_px: expected 1 to 1000, got 0"));
}

TEST(PageStyleTest, RefusesColumnsNarrowerThanACharacter) {
  EXPECT_THAT(
      [] { read(R"({"columns": 60})"); }, refuses("less than one character"));
}

TEST(PageStyleTest, RefusesAPageLowerThanALine) {
  EXPECT_THAT(
      [] { read(R"({"page_height_px": 140})"); },
      refuses("are less than one line"));
}

TEST(PageStyleTest, RefusesAPageBeyondTheLimitOfPixels) {
  EXPECT_THAT(
      [] { read(R"({"page_width_px": 60000, "page_height_px": 60000})"); },
      refuses("60000 x 60000 pixels"));
}

TEST(PageStyleTest, AMistypedFieldIsNamedWithASuggestion) {
  EXPECT_THAT(
      [] { read(R"({"font_size": 12})"); },
      refuses("did you mean \"font_size_px\""));
}

} // namespace
} // namespace microfiche::rendering
