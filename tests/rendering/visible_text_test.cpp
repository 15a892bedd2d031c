#include "rendering/visible_text.h"

#include "core/files.h"
#include "rendering/page_renderer.h"
#include "tests/rendering/styles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::rendering {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string case_text(const std::string& name) {
  return read_file(MICROFICHE_SOURCE_DIR "/tests/data/cases/" + name);
}

std::string visible(std::string_view text) {
  return VisibleText(text).text();
}

TEST(VisibleTextTest, LeavesOutInvisibleCharacters) {
  EXPECT_EQ(visible("soft\u00ADhyphen"), "softhyphen");
  EXPECT_EQ(visible("zero\u200Bwidth\u2060joiner"), "zerowidthjoiner");
  EXPECT_EQ(visible("\uFEFFbyte order mark"), "byte order mark");
  EXPECT_EQ(
      visible("\u202Eembedded\u202C \u2067isolate\u2069"), "embedded isolate");
  EXPECT_EQ(visible("a\u200Fb\u061Cc\uFE0F\U000E0041"), "abc");
}

TEST(VisibleTextTest, KeepsOtherText) {
  const auto text = mixed_text();

  EXPECT_EQ(visible(text), text);
}

TEST(VisibleTextTest, KeepsAJoinerThatChangesTheFormOfALetter) {
  const std::string persian =
      "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645";

  EXPECT_EQ(visible(persian), persian);
  EXPECT_EQ(visible("of\u200Cfice"), "office");
}

TEST(VisibleTextTest, MapsPositions) {
  const VisibleText text("a\u00ADb\u200Bc");

  std::vector<int64_t> positions;
  for (int64_t byte = 0; byte <= 8; ++byte) {
    positions.push_back(text.position(byte));
  }

  //                                 a  - -  b  - - -  c  end
  EXPECT_THAT(positions, ElementsAre(0, 1, 1, 1, 2, 2, 2, 2, 3));
}

TEST(VisibleTextTest, APageHoldsOnlyVisibleText) {
  const auto page = PageRenderer(small_page(300, 60, 10))
                        .render_first(case_text("invisible.txt"));

  EXPECT_EQ(page.text, "zerowidth softhyphen");
  EXPECT_EQ(page.lines_text, "zerowidth softhyphen");
}

TEST(VisibleTextTest, PagesOfSoftHyphensHoldNone) {
  const auto source = case_text("soft_hyphens.txt");
  std::string drawn;
  for (const auto& page :
       PageRenderer(small_page(150, 100, 10)).render(source)) {
    EXPECT_THAT(page.text, Not(HasSubstr("\u00AD")));
    EXPECT_THAT(page.lines_text, Not(HasSubstr("\u00AD")));
    drawn += page.text + " ";
  }
  drawn.erase(drawn.find_last_not_of(" \n") + 1);

  auto expected = visible(source);
  expected.erase(expected.find_last_not_of(" \n") + 1);
  std::erase(drawn, ' ');
  std::erase(expected, ' ');
  EXPECT_EQ(drawn, expected);
}

TEST(VisibleTextTest, GlyphBoxesPointIntoTheTextOfThePage) {
  const auto page = PageRenderer(small_page(300, 60, 10))
                        .render_first("\uFEFFa\u00ADb \u200Fc\u200B");

  ASSERT_EQ(page.text, "ab c");
  std::string characters;
  for (const auto& box : page.glyphs) {
    characters += page.text.substr(
        static_cast<size_t>(box.byte_begin),
        static_cast<size_t>(box.byte_end - box.byte_begin));
    EXPECT_GT(box.width, 0);
  }
  EXPECT_EQ(characters, "abc");
}

TEST(VisibleTextTest, InvisibleCharactersDoNotChangeThePixels) {
  const PageRenderer renderer(small_page(300, 60, 10));

  EXPECT_EQ(
      renderer.render_first("zero\u200Bwidth soft\u00ADhyphen").image,
      renderer.render_first("zerowidth softhyphen").image);
}

} // namespace
} // namespace microfiche::rendering
