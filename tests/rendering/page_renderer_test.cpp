#include "rendering/page_renderer.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "tests/rendering/styles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace microfiche::rendering {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string pixel_hash(const RenderedPage& page) {
  return sha256(std::string_view(
      reinterpret_cast<const char*>(page.image.rgb.data()),
      page.image.rgb.size()));
}

std::vector<std::string> pixel_hashes(const std::vector<RenderedPage>& pages) {
  std::vector<std::string> hashes;
  for (const auto& page : pages) {
    hashes.push_back(pixel_hash(page));
  }
  return hashes;
}

/// Pixels of a part of a page that are darker than half.
int64_t dark_pixels(
    const page::PageImage& image,
    double x,
    double y,
    double width,
    double height) {
  int64_t dark = 0;
  for (int64_t row = std::max<int64_t>(0, y);
       row < std::min<double>(y + height, image.height);
       ++row) {
    for (int64_t column = std::max<int64_t>(0, x);
         column < std::min<double>(x + width, image.width);
         ++column) {
      dark += image.rgb[(row * image.width + column) * 3] < 128;
    }
  }
  return dark;
}

TEST(PageRendererTest, TheSameTextGivesTheSameBytes) {
  const PageRenderer renderer(small_page(256, 256, 9));

  EXPECT_EQ(
      pixel_hashes(renderer.render(mixed_text())),
      pixel_hashes(renderer.render(mixed_text())));
}

TEST(PageRendererTest, AnotherRendererOfTheStyleGivesTheSameBytes) {
  const auto style = small_page(256, 256, 9);

  EXPECT_EQ(
      pixel_hashes(PageRenderer(style).render(mixed_text())),
      pixel_hashes(PageRenderer(style).render(mixed_text())));
}

TEST(PageRendererTest, EarlierTextDoesNotChangeAPage) {
  const auto style = small_page(128, 128, 10);
  const PageRenderer fresh(style);
  const PageRenderer used(style);
  PageRenderer(small_page(300, 200, 17)).render(mixed_text());
  used.render(mixed_text());

  EXPECT_EQ(
      pixel_hash(used.render_first("A line.")),
      pixel_hash(fresh.render_first("A line.")));
}

TEST(PageRendererTest, RenderersInSeveralThreadsGiveTheSameBytes) {
  const auto style = small_page(200, 200, 8);
  const auto expected = pixel_hashes(PageRenderer(style).render(mixed_text()));
  std::vector<std::vector<std::string>> hashes(4);
  std::vector<std::thread> threads;
  for (auto& result : hashes) {
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 5; ++repeat) {
        result = pixel_hashes(PageRenderer(style).render(mixed_text()));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }

  for (const auto& result : hashes) {
    EXPECT_EQ(result, expected);
  }
}

TEST(PageRendererTest, TextIsDrawnInsideTheMargins) {
  auto style = small_page(200, 100, 12);
  style.margin_left_px = 40;
  style.margin_top_px = 30;

  const auto page = PageRenderer(style).render_first("Hello, world");

  EXPECT_EQ(dark_pixels(page.image, 0, 0, 39, 100), 0);
  EXPECT_EQ(dark_pixels(page.image, 0, 0, 200, 29), 0);
  EXPECT_GT(dark_pixels(page.image, 40, 30, 156, 30), 50);
}

TEST(PageRendererTest, GlyphBoxesHoldTheInkOfTheirCharacters) {
  const auto page =
      PageRenderer(small_page(200, 100, 20)).render_first("I l . |");

  ASSERT_EQ(page.glyphs.size(), 4u);
  int64_t inside = 0;
  for (const auto& box : page.glyphs) {
    const auto ink =
        dark_pixels(page.image, box.x, box.y, box.width + 1, box.height);
    EXPECT_GT(ink, 0) << page.text[box.byte_begin];
    inside += ink;
  }
  EXPECT_EQ(inside, dark_pixels(page.image, 0, 0, 200, 100));
}

TEST(PageRendererTest, LigaturesHaveABoxForEachCharacter) {
  const auto page =
      PageRenderer(small_page(200, 100, 20)).render_first("office");

  ASSERT_EQ(page.glyphs.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(page.glyphs[i].byte_begin, static_cast<int64_t>(i));
    EXPECT_EQ(page.glyphs[i].byte_end, static_cast<int64_t>(i + 1));
    EXPECT_GT(page.glyphs[i].width, 0);
  }
}

TEST(PageRendererTest, ColoursAreThoseOfTheStyle) {
  auto style = small_page(64, 64, 40);
  style.text_colour = "#ff0000";
  style.background_colour = "#0000ff";

  const auto page = PageRenderer(style).render_first("\xE2\x96\x88"); // block

  const auto colour_at = [&](int64_t x, int64_t y) {
    const auto* rgb = page.image.rgb.data() + (y * 64 + x) * 3;
    return page::Colour{rgb[0], rgb[1], rgb[2]};
  };
  EXPECT_EQ(colour_at(0, 0), (page::Colour{0, 0, 255}));
  EXPECT_EQ(colour_at(16, 24), (page::Colour{255, 0, 0}));
}

TEST(PageRendererTest, AlignmentMovesTheLine) {
  auto style = small_page(200, 60, 12);
  const auto left_edge = [&](Alignment alignment) {
    style.alignment = alignment;
    return PageRenderer(style).render_first("word").glyphs.front().x;
  };

  EXPECT_LT(left_edge(Alignment::kLeft), left_edge(Alignment::kCenter));
  EXPECT_LT(left_edge(Alignment::kCenter), left_edge(Alignment::kRight));
}

TEST(PageRendererTest, JustifiedLinesEndAtTheMargin) {
  auto style = small_page(150, 200, 10);
  style.alignment = Alignment::kJustify;

  const auto page = PageRenderer(style).render_first(
      "These are words enough for several lines of a narrow column.");

  const auto last_line = page.glyphs.back().line;
  ASSERT_GE(last_line, 2);
  for (size_t i = 1; i < page.glyphs.size(); ++i) {
    const auto& box = page.glyphs[i - 1];
    if (page.glyphs[i].line != box.line) {
      EXPECT_NEAR(box.x + box.width, 146, 1.5) << box.line;
    }
  }
}

TEST(PageRendererTest, TheFirstLineOfAParagraphIsIndented) {
  auto style = small_page(150, 200, 10);
  style.first_line_indent_px = 20;

  const auto page = PageRenderer(style).render_first(
      "These are words enough for several lines of a narrow column.");

  EXPECT_NEAR(page.glyphs.front().x, 24, 0.01);
  const auto second =
      std::find_if(page.glyphs.begin(), page.glyphs.end(), [](const auto& box) {
        return box.line == 1;
      });
  EXPECT_NEAR(second->x, 4, 0.01);
}

TEST(PageRendererTest, ParagraphSpacingMovesTheNextParagraphDown) {
  auto style = small_page(150, 200, 10);
  const auto distance = [&](double spacing) {
    style.paragraph_spacing_px = spacing;
    const auto page = PageRenderer(style).render_first("a\nb");
    return page.glyphs[1].y - page.glyphs[0].y;
  };

  EXPECT_NEAR(distance(0), 12, 0.01);
  EXPECT_NEAR(distance(7), 19, 0.01);
}

TEST(PageRendererTest, DpiDrawsTheSamePageLarger) {
  auto style = small_page(200, 100, 10);
  const auto small = PageRenderer(style).render_first(mixed_text());
  style.dpi = 192;
  const auto large = PageRenderer(style).render_first(mixed_text());

  EXPECT_EQ(large.image.width, 400);
  EXPECT_EQ(large.lines_text, small.lines_text);
}

TEST(PageRendererTest, FallbackFontsDrawCharactersThatTheFirstLacks) {
  auto style = small_page(200, 100, 20);
  style.font = "Liberation Serif";
  style.fallback_fonts = {"DejaVu Sans"};
  const std::string chess_king = "\xE2\x99\x94";

  const auto page = PageRenderer(style).render_first("K " + chess_king);

  ASSERT_EQ(page.glyphs.size(), 2u);
  const auto& box = page.glyphs[1];
  EXPECT_GT(dark_pixels(page.image, box.x, box.y, box.width, box.height), 10);
}

TEST(PageRendererTest, RefusesAPageLowerThanTheFontsOwnLine) {
  auto style = small_page(200, 18, 10);
  style.line_height = 1.0;

  EXPECT_THAT(
      [&] { PageRenderer renderer(style); },
      ThrowsMessage<InputError>(HasSubstr("are less than one line of")));
}

TEST(FitFontSizeTest, TheTextFitsAtThatSizeAndNotAtTheNext) {
  auto style = small_page(128, 128, 10);
  const std::string text =
      "The quick brown fox jumps over the lazy dog, and then it does so once "
      "more, for good measure.";

  style.font_size_px = fit_font_size(style, text, 5, 30);

  EXPECT_GT(style.font_size_px, 8);
  EXPECT_EQ(PageRenderer(style).render(text).size(), 1u);
  style.font_size_px += 0.25;
  EXPECT_EQ(PageRenderer(style).render(text).size(), 2u);
}

TEST(FitFontSizeTest, TheLargestSizeIsEnoughForAWord) {
  EXPECT_EQ(fit_font_size(small_page(128, 128, 10), "word", 5, 14), 14);
}

TEST(FitFontSizeTest, RefusesTextThatIsTooLongForThePage) {
  EXPECT_THAT(
      [] { fit_font_size(small_page(64, 64, 10), long_text(5000), 5, 14); },
      ThrowsMessage<InputError>(HasSubstr("do not fit one page even at 5")));
}

} // namespace
} // namespace microfiche::rendering
