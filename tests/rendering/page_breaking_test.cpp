#include "rendering/page_renderer.h"
#include "tests/rendering/styles.h"

#include <glib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace microfiche::rendering {
namespace {

using ::testing::ElementsAre;

bool is_space(gunichar character) {
  return g_unichar_isspace(character) || character == 0x85;
}

bool is_white_space(std::string_view text) {
  for (const char* at = text.data(); at < text.data() + text.size();
       at = g_utf8_next_char(at)) {
    if (!is_space(g_utf8_get_char(at))) {
      return false;
    }
  }
  return true;
}

/// Columns, alignments, indents and sizes, on pages that break often.
std::vector<PageStyle> many_styles() {
  std::vector<PageStyle> styles = {
      small_page(128, 128, 10),
      small_page(300, 60, 7),
      small_page(60, 200, 12)};
  auto columns = small_page(400, 150, 8);
  columns.columns = 3;
  columns.column_gap_px = 10;
  styles.push_back(columns);
  auto justified = small_page(220, 150, 9);
  justified.alignment = Alignment::kJustify;
  justified.first_line_indent_px = 12;
  justified.paragraph_spacing_px = 5;
  styles.push_back(justified);
  auto monospaced = small_page(200, 200, 8);
  monospaced.font = "DejaVu Sans Mono";
  monospaced.fallback_fonts = {"DejaVu Sans"};
  monospaced.alignment = Alignment::kRight;
  styles.push_back(monospaced);
  return styles;
}

TEST(PageBreakingTest, PagesAndTheWhiteSpaceBetweenThemAreTheText) {
  const auto text = long_text(6000);
  for (const auto& style : many_styles()) {
    const auto pages = PageRenderer(style).render(text);

    size_t at = 0;
    for (const auto& page : pages) {
      const auto begin = static_cast<size_t>(page.source_begin);
      const auto end = static_cast<size_t>(page.source_end);
      ASSERT_LE(at, begin);
      EXPECT_TRUE(
          is_white_space(std::string_view(text).substr(at, begin - at)));
      EXPECT_EQ(page.text, text.substr(begin, end - begin));
      at = end;
    }
    EXPECT_TRUE(is_white_space(std::string_view(text).substr(at)));
    EXPECT_GT(pages.size(), 2u);
  }
}

TEST(PageBreakingTest, GlyphBoxesCoverEveryVisibleCharacterOnceInOrder) {
  const auto text = long_text(6000);
  for (const auto& style : many_styles()) {
    for (const auto& page : PageRenderer(style).render(text)) {
      size_t at = 0;
      for (const auto& box : page.glyphs) {
        const auto begin = static_cast<size_t>(box.byte_begin);
        ASSERT_LE(at, begin) << page.text;
        EXPECT_TRUE(
            is_white_space(std::string_view(page.text).substr(at, begin - at)))
            << page.text.substr(at, begin - at);
        at = static_cast<size_t>(box.byte_end);
      }
      EXPECT_EQ(at, page.text.size());
    }
  }
}

TEST(PageBreakingTest, GlyphBoxesLieOnThePage) {
  const auto text = long_text(3000);
  for (const auto& style : many_styles()) {
    for (const auto& page : PageRenderer(style).render(text)) {
      for (const auto& box : page.glyphs) {
        EXPECT_GE(box.x, style.margin_left_px - 1);
        EXPECT_LE(
            box.x + box.width,
            style.page_width_px - style.margin_right_px + 1.5);
        EXPECT_GE(box.y, style.margin_top_px - 1);
        EXPECT_LE(
            box.y + box.height,
            style.page_height_px - style.margin_bottom_px + 1);
      }
    }
  }
}

TEST(PageBreakingTest, LinesOfText) {
  const auto page = PageRenderer(small_page(120, 200, 10))
                        .render_first(
                            "one two three four five six seven\n\n"
                            "eight  \r\nnine");

  EXPECT_EQ(
      page.lines_text, "one two three four\nfive six seven\n\neight\nnine");
}

TEST(PageBreakingTest, LinesCarryTheWordsOfTheText) {
  const auto text = long_text(3000);
  const auto visible = [](const std::string& words) {
    std::string characters;
    for (const char* at = words.c_str(); *at != '\0';
         at = g_utf8_next_char(at)) {
      if (!is_space(g_utf8_get_char(at))) {
        const char* next = g_utf8_next_char(at);
        characters.append(at, next);
      }
    }
    return characters;
  };
  for (const auto& style : many_styles()) {
    for (const auto& page : PageRenderer(style).render(text)) {
      EXPECT_EQ(visible(page.lines_text), visible(page.text));
      const auto last_line =
          std::count(page.lines_text.begin(), page.lines_text.end(), '\n');
      EXPECT_EQ(page.glyphs.back().line, last_line);
    }
  }
}

TEST(PageBreakingTest, AWordWiderThanTheColumnIsBroken) {
  const std::string word(200, 'm');
  const auto pages = PageRenderer(small_page(100, 60, 10)).render(word);

  std::string together;
  for (const auto& page : pages) {
    together += page.text;
    EXPECT_EQ(page.glyphs.size(), page.text.size());
  }
  EXPECT_EQ(together, word);
  EXPECT_GT(pages.size(), 1u);
}

TEST(PageBreakingTest, BlankLinesAtTheTopOfAPageAreLeftOut) {
  const auto pages =
      PageRenderer(small_page(100, 40, 10)).render("\n\n one\n\n\n\n\n\ntwo\n");

  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0].text, " one");
  EXPECT_EQ(pages[1].text, "two");
}

TEST(PageBreakingTest, ABlankLineTakesTheHeightOfALine) {
  const auto page =
      PageRenderer(small_page(100, 100, 10)).render_first("a\n\nb");

  EXPECT_NEAR(page.glyphs[1].y - page.glyphs[0].y, 24, 0.01);
  EXPECT_EQ(page.glyphs[1].line, 2);
}

TEST(PageBreakingTest, ColumnsAreFilledOneAfterTheOther) {
  auto style = small_page(200, 40, 10);
  style.columns = 2;
  style.column_gap_px = 10;

  const auto pages = PageRenderer(style).render("a\nb\nc\nd\ne");

  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0].text, "a\nb\nc\nd");
  const auto& glyphs = pages[0].glyphs;
  EXPECT_EQ(glyphs[0].x, glyphs[1].x);
  EXPECT_NEAR(glyphs[2].x - glyphs[0].x, 101, 0.01);
  EXPECT_EQ(glyphs[2].y, glyphs[0].y);
}

TEST(PageBreakingTest, TheFirstPageIsThatOfTheWholeText) {
  const auto text = long_text(6000);
  for (const auto& style : many_styles()) {
    const PageRenderer renderer(style);

    const auto first = renderer.render_first(text);

    const auto pages = renderer.render(text);
    EXPECT_EQ(first.text, pages[0].text);
    EXPECT_EQ(first.image, pages[0].image);
  }
}

TEST(PageBreakingTest, LayingOutAParagraphInPiecesKeepsItsLines) {
  // One paragraph, far longer than a page: laid out in pieces on the small
  // pages, and at once on a page that holds all of it.
  std::string paragraph;
  for (int i = 0; i < 400; ++i) {
    paragraph += "word" + std::to_string(i * 7919 % 1000) + " and ";
  }
  auto style = small_page(160, 100, 9);
  const auto pages = PageRenderer(style).render(paragraph);
  style.page_height_px = 4000;
  const auto whole = PageRenderer(style).render(paragraph);

  ASSERT_EQ(whole.size(), 1u);
  std::string lines;
  for (const auto& page : pages) {
    lines += (lines.empty() ? "" : "\n") + page.lines_text;
  }
  EXPECT_EQ(lines, whole[0].lines_text);
}

TEST(PageBreakingTest, AParagraphKeepsItsDirectionOnTheNextPage) {
  // Hebrew, then English up to and beyond the page's end.
  std::string paragraph = "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D ";
  for (int i = 0; i < 60; ++i) {
    paragraph += "word ";
  }
  const auto style = small_page(200, 60, 10);

  const auto pages = PageRenderer(style).render(paragraph);

  ASSERT_GE(pages.size(), 2u);
  // Its last line ends at the right margin, as lines of such a paragraph do.
  const auto& last = pages.back().glyphs.back();
  EXPECT_NEAR(last.x + last.width, 196, 1.5);
}

TEST(PageBreakingTest, RightToLeftTextRunsFromTheRight) {
  const auto page = PageRenderer(small_page(200, 60, 10))
                        .render_first("\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D");

  std::vector<int64_t> starts;
  for (const auto& box : page.glyphs) {
    starts.push_back(box.byte_begin);
  }
  EXPECT_THAT(starts, ElementsAre(0, 2, 4, 6));
  EXPECT_GT(page.glyphs.front().x, page.glyphs.back().x);
}

} // namespace
} // namespace microfiche::rendering
