#include "core/error.h"
#include "core/files.h"
#include "rendering/page_renderer.h"
#include "tests/rendering/styles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::rendering {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

TEST(TextCheckTest, ListsCharactersThatNoFontHas) {
  const PageRenderer renderer(small_page(200, 100, 10));

  EXPECT_THAT(
      [&] { renderer.render("one\ntwo \xE4\xB8\x96\xE7\x95\x8C"); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("no glyph for U+4E16"),
          HasSubstr("at byte 8 (line 2)"),
          HasSubstr("U+754C"),
          HasSubstr("DejaVuSans.ttf"),
          HasSubstr("fallback_fonts"))));
}

TEST(TextCheckTest, RefusesControlCharacters) {
  const PageRenderer renderer(small_page(200, 100, 10));

  EXPECT_THAT(
      [&] { renderer.render("bell \a"); },
      ThrowsMessage<InputError>(HasSubstr("no glyph for U+0007 at byte 5")));
}

TEST(TextCheckTest, RefusesZeroBytes) {
  const PageRenderer renderer(small_page(200, 100, 10));

  EXPECT_THAT(
      [&] { renderer.render(std::string("a\0b", 3)); },
      ThrowsMessage<InputError>(HasSubstr("byte 1 (line 1) is U+0000")));
}

TEST(TextCheckTest, RefusesTextThatIsNotUtf8) {
  const PageRenderer renderer(small_page(200, 100, 10));

  EXPECT_THAT(
      [&] { renderer.render("caf\xE9 au lait"); },
      ThrowsMessage<InputError>(HasSubstr("byte 3 (line 1) is not UTF-8")));
}

TEST(TextCheckTest, RefusesEmptyText) {
  const PageRenderer renderer(small_page(200, 100, 10));

  EXPECT_THAT(
      [&] { renderer.check_text("", "notes.txt"); },
      ThrowsMessage<InputError>(HasSubstr("notes.txt: the text is empty")));
}

TEST(TextCheckTest, RefusesTextOfWhiteSpaceAlone) {
  const PageRenderer renderer(small_page(200, 100, 10));

  EXPECT_THAT(
      [&] { renderer.render_first(" \n\t\xC2\xA0\xE2\x80\x8B\n"); },
      ThrowsMessage<InputError>(HasSubstr("nothing in the text can be seen")));
}

TEST(TextCheckTest, FindsTheFirstCharacterThatTheFontsCannotDraw) {
  const auto text =
      read_file(MICROFICHE_SOURCE_DIR "/tests/data/cases/emoji_once.txt");
  const PageRenderer renderer(small_page(200, 100, 10));

  const auto found = renderer.find_undrawable(text);

  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].byte_begin, static_cast<int64_t>(text.find("\xF0\x9F")));
  EXPECT_EQ(found[0].byte_end, found[0].byte_begin + 4);
  EXPECT_THAT(found[0].name, HasSubstr("U+1F"));
}

TEST(TextCheckTest, FindsEveryCharacterThatTheFontsCannotDraw) {
  const PageRenderer renderer(small_page(200, 100, 10));

  const auto found = renderer.find_undrawable("\xE4\xB8\x96 a \xE4\xB8\x96", 9);

  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].byte_begin, 0);
  EXPECT_EQ(found[1].byte_begin, 6);
  EXPECT_EQ(found[1].byte_end, 9);
  EXPECT_THAT(renderer.find_undrawable("\xE4\xB8\x96", 0), IsEmpty());
}

TEST(TextCheckTest, FindsNothingInTextThatCanBeDrawn) {
  const PageRenderer renderer(small_page(200, 100, 10));

  EXPECT_THAT(renderer.find_undrawable(mixed_text(), 9), IsEmpty());
}

} // namespace
} // namespace microfiche::rendering
