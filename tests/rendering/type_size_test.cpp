#include "rendering/type_size.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::rendering {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

PageStyle narrow_page() {
  PageStyle style;
  style.page_width_px = 192;
  style.page_height_px = 192;
  style.margin_top_px = style.margin_right_px = 0;
  style.margin_bottom_px = style.margin_left_px = 0;
  style.font = "DejaVu Sans Mono";
  return style;
}

const std::vector<TypeSize> kSizes = {{26.57, 32}, {13.28, 16}};

TEST(TypeSizeTest, TakesTheFirstSizeInWhichTheTextFits) {
  const auto page =
      render_in_first_that_fits(narrow_page(), kSizes, "a few words");

  EXPECT_DOUBLE_EQ(page.font_size_px, 26.57);
  EXPECT_EQ(page.text, "a few words");
}

TEST(TypeSizeTest, GoesToASmallerSizeForALongerText) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += "word ";
  }

  const auto page = render_in_first_that_fits(narrow_page(), kSizes, text);

  EXPECT_DOUBLE_EQ(page.font_size_px, 13.28);
  EXPECT_EQ(page.text, text.substr(0, text.size() - 1));
}

TEST(TypeSizeTest, CutsATextThatFitsInNoSize) {
  const std::string text(2000, 'x');

  const auto page = render_in_first_that_fits(narrow_page(), kSizes, text);

  EXPECT_DOUBLE_EQ(page.font_size_px, 13.28);
  EXPECT_LT(page.text.size(), text.size());
  // 192 px hold 12 lines 16 px apart.
  EXPECT_EQ(page.glyphs.back().line, 11);
}

TEST(TypeSizeTest, RefusesASizeThatIsNotPositive) {
  EXPECT_THAT(
      [] {
        validate(TypeSize{0, 16}, "nano.json: sizes[0]");
      },
      ThrowsMessage<InputError>(
          HasSubstr("nano.json: sizes[0]: font_size_px")));
}

} // namespace
} // namespace microfiche::rendering
