#include "core/error.h"
#include "core/files.h"
#include "rendering/page_renderer.h"
#include "tests/rendering/styles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::rendering {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string font_path(const std::string& name) {
  return MICROFICHE_SOURCE_DIR "/tests/data/rendering/" + name;
}

TEST(FontSetTest, RefusesAFileThatIsNotAFont) {
  auto style = small_page(200, 100, 10);
  style.font = MICROFICHE_SOURCE_DIR "/CMakeLists.txt";

  EXPECT_THAT(
      [&] { PageRenderer renderer(style); },
      ThrowsMessage<InputError>(
          HasSubstr("CMakeLists.txt: not a readable font")));
}

TEST(FontSetTest, RefusesAColourFontAsFallback) {
  auto style = small_page(200, 100, 10);
  for (const auto* name : {"emoji_bitmaps.ttf", "emoji_layers.ttf"}) {
    style.fallback_fonts = {font_path(name)};

    EXPECT_THAT(
        [&] {
          PageRenderer(style).render(read_file(
              MICROFICHE_SOURCE_DIR "/tests/data/cases/emoji_page.txt"));
        },
        ThrowsMessage<InputError>(
            HasSubstr(concat(name, ": a colour font; expected"))));
  }
}

TEST(FontSetTest, RefusesABitmapFont) {
  auto style = small_page(200, 100, 10);
  style.font = font_path("bitmaps.bdf");

  EXPECT_THAT(
      [&] { PageRenderer renderer(style); },
      ThrowsMessage<InputError>(
          HasSubstr("bitmaps.bdf: a bitmap font; expected")));
}

} // namespace
} // namespace microfiche::rendering
