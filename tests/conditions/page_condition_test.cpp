#include "conditions/page/page_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "page/resize.h"

#include <cmath>

namespace microfiche::conditions {
namespace {

using ::testing::Each;

constexpr int64_t kSide = 33;

/// A page with a different value at every pixel.
page::PageImage pattern() {
  auto image = page::make_page(kSide, kSide, {});
  for (size_t i = 0; i < image.rgb.size(); ++i) {
    image.rgb[i] = static_cast<uint8_t>(i * 37 % 251);
  }
  return image;
}

page::PageImage
treat(const std::string& condition, page::PageImage image, uint64_t page = 0) {
  PageContext context;
  context.background = {250, 251, 252};
  context.other_page = [] { return page::make_page(kSide, kSide, {1, 2, 3}); };
  RandomStream random(7, "test", page);
  for (const auto& one :
       find_conditions(page_conditions(), condition, "page")) {
    image = one.entry->apply(std::move(image), context, one.strength, random);
  }
  return image;
}

uint8_t red(const page::PageImage& image, int64_t x, int64_t y) {
  return image.rgb[3 * (y * image.width + x)];
}

double mean(const page::PageImage& image) {
  double sum = 0;
  for (const auto value : image.rgb) {
    sum += value;
  }
  return sum / static_cast<double>(image.rgb.size());
}

TEST(PageConditionTest, NoStrengthChangesNothing) {
  for (const char* nothing :
       {"rotation:0",
        "skew:0",
        "gaussian_noise:0",
        "blur:0",
        "rescale:100",
        "shrink:100",
        "occlusion:0",
        "contrast:100",
        "none"}) {
    EXPECT_EQ(treat(nothing, pattern()), pattern()) << nothing;
  }
}

TEST(PageConditionTest, AShrunkPageIsSmallerAndResizedAsModesDoIt) {
  const auto page = page::make_page(40, 20, {1, 2, 3});

  EXPECT_EQ(treat("shrink:50", page), page::make_page(20, 10, {1, 2, 3}));
  EXPECT_EQ(
      treat("shrink:50", pattern()), page::resize_bicubic(pattern(), 17, 17));
  // Twice by a half is not once by a quarter: the pixels between are lost.
  EXPECT_NE(
      treat("shrink:50+shrink:50", pattern()),
      page::resize_bicubic(pattern(), 9, 9));
}

TEST(PageConditionTest, EveryOtherConditionKeepsThePagesSize) {
  for (const auto& condition : page_conditions()) {
    if (condition.info.name == "shrink") {
      continue;
    }
    const auto name =
        condition.info.name + (condition.info.strength ? ":20" : "");

    const auto image = treat(name, page::make_page(31, 20, {}));

    // Another page is as large as it is; here the test's.
    if (condition.info.name != "other_page") {
      EXPECT_EQ(image.width, 31) << name;
      EXPECT_EQ(image.height, 20) << name;
    }
  }
}

TEST(PageConditionTest, ARightAngleTurnsCounterClockwise) {
  auto image = page::make_page(kSide, kSide, {255, 255, 255});
  // A mark in the middle of the right edge goes to the middle of the top.
  image.rgb[3 * (16 * kSide + 32)] = 0;

  const auto turned = treat("rotation:90", image);

  EXPECT_EQ(red(turned, 16, 0), 0);
  EXPECT_EQ(red(turned, 32, 16), 255);
}

TEST(PageConditionTest, WhereNothingComesFromThereIsPaper) {
  const auto turned = treat("rotation:45", pattern());

  EXPECT_EQ(red(turned, 0, 0), 250);
  EXPECT_EQ(turned.rgb[1], 251);
  EXPECT_EQ(turned.rgb[2], 252);
}

TEST(PageConditionTest, SkewMovesRowsAndLeavesTheMiddleOne) {
  const auto before = pattern();

  const auto skewed = treat("skew:45", before);

  for (int64_t x = 0; x < kSide; ++x) {
    EXPECT_EQ(red(skewed, x, 16), red(before, x, 16));
  }
  // One row up is one pixel to the left.
  EXPECT_EQ(red(skewed, 9, 15), red(before, 10, 15));
}

TEST(PageConditionTest, NoiseHasItsDeviation) {
  const auto grey = page::make_page(200, 200, {128, 128, 128});

  const auto noisy = treat("gaussian_noise:10", grey);

  double squares = 0;
  for (const auto value : noisy.rgb) {
    squares += (value - 128.0) * (value - 128.0);
  }
  const auto count = static_cast<double>(noisy.rgb.size());
  // Rounding adds 1/12 to the variance.
  EXPECT_NEAR(std::sqrt(squares / count), std::sqrt(100 + 1.0 / 12), 0.15);
}

TEST(PageConditionTest, OcclusionCoversItsShareOfThePage) {
  const auto white = page::make_page(200, 100, {255, 255, 255});

  const auto image = treat("occlusion:25", white);

  int64_t covered = 0;
  for (int64_t y = 0; y < 100; ++y) {
    for (int64_t x = 0; x < 200; ++x) {
      covered += red(image, x, y) == 128;
    }
  }
  EXPECT_EQ(covered, 200 * 100 / 4);
}

TEST(PageConditionTest, BlurKeepsTheMeanAndSpreadsADot) {
  auto dot = page::make_page(kSide, kSide, {});
  dot.rgb[3 * (16 * kSide + 16)] = 255;

  const auto blurred = treat("blur:1", dot);

  // The peak of a normal density in two dimensions, 1 / (2 pi).
  EXPECT_NEAR(red(blurred, 16, 16), 255 / (2 * M_PI), 2);
  EXPECT_GT(red(blurred, 17, 16), 0);
}

TEST(PageConditionTest, RescalingLosesDetailAndKeepsLargeShapes) {
  auto stripes = page::make_page(32, 32, {});
  for (size_t i = 0; i < stripes.rgb.size(); ++i) {
    stripes.rgb[i] = i / 3 % 2 == 0 ? 0 : 200;
  }

  EXPECT_THAT(treat("rescale:50", stripes).rgb, Each(100));
}

TEST(PageConditionTest, LowerJpegQualityIsFartherFromThePage) {
  const auto distance = [&](const char* condition) {
    const auto image = treat(condition, pattern());
    double sum = 0;
    for (size_t i = 0; i < image.rgb.size(); ++i) {
      sum += std::abs(image.rgb[i] - pattern().rgb[i]);
    }
    return sum;
  };

  EXPECT_GT(distance("jpeg:5"), 1.2 * distance("jpeg:95"));
}

TEST(PageConditionTest, WithoutContrastAllIsGrey) {
  EXPECT_THAT(treat("contrast:0", pattern()).rgb, Each(128));
  const auto half = treat("contrast:50", page::make_page(1, 1, {255, 0, 128}));
  EXPECT_THAT(half.rgb, ::testing::ElementsAre(191, 64, 128));
}

TEST(PageConditionTest, FloorsHoldNothingOfThePage) {
  EXPECT_EQ(
      treat("blank", pattern()),
      page::make_page(kSide, kSide, {250, 251, 252}));
  EXPECT_THAT(treat("grey", pattern()).rgb, Each(128));
  EXPECT_EQ(
      treat("other_page", pattern()), page::make_page(kSide, kSide, {1, 2, 3}));
  EXPECT_NEAR(mean(treat("noise_page", pattern())), 127.5, 5);
}

TEST(PageConditionTest, EveryConditionIsTheSameForTheSamePage) {
  for (const auto& condition : page_conditions()) {
    const auto name =
        condition.info.name + (condition.info.strength ? ":20" : "");

    EXPECT_EQ(treat(name, pattern(), 3), treat(name, pattern(), 3)) << name;
  }
  EXPECT_NE(
      treat("gaussian_noise:9", pattern(), 3),
      treat("gaussian_noise:9", pattern(), 4));
}

} // namespace
} // namespace microfiche::conditions
