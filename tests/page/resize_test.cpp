#include "page/resize.h"

#include "core/error.h"
#include "page/page_views.h"
#include "tests/page/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::page {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ResizeTest, ResizesAsPillowBitForBit) {
  for (const auto& golden : golden_cases("resizes.json")) {
    const auto image =
        noise(golden["size"][0], golden["size"][1], golden["seed"]);

    const auto resized =
        resize_bicubic(image, golden["resized"][0], golden["resized"][1]);

    EXPECT_EQ(pixel_hash(resized), golden["sha256"]) << golden;
  }
}

TEST(ResizeTest, PadsAsPillowBitForBit) {
  for (const auto& golden : golden_cases("pads.json")) {
    const auto image =
        noise(golden["size"][0], golden["size"][1], golden["seed"]);

    const auto padded = resize_and_pad(image, golden["side"], kPaddingColour);

    EXPECT_EQ(pixel_hash(padded), golden["sha256"]) << golden;
  }
}

TEST(ResizeTest, KeepsAPageThatHasTheRequestedSize) {
  const auto image = noise(9, 7, 1);

  EXPECT_EQ(resize_bicubic(image, 9, 7), image);
}

TEST(ResizeTest, RefusesASizeOfZero) {
  EXPECT_THAT(
      [] { resize_bicubic(noise(4, 4, 0), 4, 0); },
      ThrowsMessage<InputError>(HasSubstr("got 4 x 0")));
}

} // namespace
} // namespace microfiche::page
