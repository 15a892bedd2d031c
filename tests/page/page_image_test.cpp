#include "page/page_image.h"

#include "core/error.h"
#include "tests/page/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::page {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(PageImageTest, APageHasItsColourEverywhere) {
  const auto page = make_page(2, 1, {1, 2, 3});

  EXPECT_THAT(page.rgb, ElementsAre(1, 2, 3, 1, 2, 3));
}

TEST(PageImageTest, CropTakesTheRequestedRowsAndColumns) {
  PageImage image{2, 2, {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}};

  EXPECT_THAT(crop(image, 1, 0, 1, 2).rgb, ElementsAre(1, 1, 1, 3, 3, 3));
}

TEST(PageImageTest, CropRefusesAPartOutsideTheImage) {
  const auto image = noise(4, 4, 0);

  EXPECT_THAT(
      [&] { crop(image, 3, 0, 2, 1); },
      ThrowsMessage<InputError>(
          HasSubstr("2 x 1 pixels from (3, 0) do not lie inside")));
}

TEST(PageImageTest, RefusesAPageWithoutPixels) {
  EXPECT_THAT(
      [] { make_page(0, 5, {}); },
      ThrowsMessage<InputError>(HasSubstr("at least one pixel, got 0 x 5")));
}

TEST(PageImageTest, RefusesAPageBeyondTheLimitBeforeAllocating) {
  EXPECT_THAT(
      [] { make_page(int64_t{1} << 40, int64_t{1} << 40, {}); },
      ThrowsMessage<InputError>(HasSubstr("more than the limit")));
}

TEST(PageImageTest, ValidateRefusesBytesThatDoNotMatchTheSides) {
  EXPECT_THAT(
      [] {
        validate(PageImage{2, 2, {1, 2, 3}}, "scan.png");
      },
      ThrowsMessage<InputError>(
          HasSubstr("scan.png: expected 2 x 2 x 3 bytes, got 3")));
}

} // namespace
} // namespace microfiche::page
