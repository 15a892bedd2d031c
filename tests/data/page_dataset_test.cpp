#include "data/page_dataset.h"

#include "core/config.h"
#include "core/error.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace microfiche::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kEnd = 1;

std::shared_ptr<const Corpus> make_corpus() {
  return std::make_shared<Corpus>(std::vector<Document>{
      {"a",
       "In the beginning God created the heaven and the earth. And the earth "
       "was without form, and void; and darkness was upon the face of the "
       "deep. And the Spirit of God moved upon the face of the waters.",
       "a"}});
}

PageMixConfig make_mix() {
  PageMixConfig mix;
  mix.modes = {{"four", 1.0}, {"nine", 1.0}};
  mix.characters_per_token = {4, 10};
  return mix;
}

BatchConfig make_batch_config() {
  BatchConfig batch;
  batch.characters = 300;
  batch.points_per_page = 16;
  return batch;
}

PageDataset make_dataset(
    PageMixConfig mix,
    uint64_t seed = 0,
    const BatchConfig& batch = make_batch_config(),
    page::TokenLayout layout = {}) {
  page::ResolutionMode four;
  four.name = "four";
  four.base_size_px = 128;
  four.layout = layout;
  page::ResolutionMode nine = four;
  nine.name = "nine";
  nine.base_size_px = 192;
  return PageDataset(
      make_corpus(),
      std::move(mix),
      batch,
      {{four, nine}, tokenizer::Tokenizer::load(tests::byte_tokenizer()), kEnd},
      seed);
}

TEST(PageDatasetTest, GivesTheSameBatchWhateverWasDrawnBefore) {
  const auto first = make_dataset(make_mix());
  const auto second = make_dataset(make_mix());
  first.batch(0);
  first.batch(1);

  const auto a = first.batch(5);
  const auto b = second.batch(5);

  EXPECT_EQ(a.pixels, b.pixels);
  EXPECT_EQ(a.answers, b.answers);
  EXPECT_EQ(a.points, b.points);
  EXPECT_EQ(a.texts, b.texts);
}

TEST(PageDatasetTest, GivesOtherBatchesForAnotherSeed) {
  EXPECT_NE(
      make_dataset(make_mix(), 0).batch(0).texts,
      make_dataset(make_mix(), 1).batch(0).texts);
}

TEST(PageDatasetTest, PadsAnswersBehindTheirEnd) {
  const auto batch = make_dataset(make_mix()).batch(0);

  ASSERT_EQ(batch.answers.size(), batch.pages * batch.longest);
  for (int64_t i = 0; i < batch.pages; ++i) {
    const auto row = batch.answers.begin() + i * batch.longest;
    const auto length = static_cast<int64_t>(batch.texts[i].size());
    EXPECT_EQ(row[length], kEnd);
    EXPECT_EQ(
        std::count(row + length + 1, row + batch.longest, PageBatch::kPadding),
        batch.longest - length - 1);
  }
}

TEST(PageDatasetTest, AnswersWithTheBytesOfTheLines) {
  const auto batch = make_dataset(make_mix()).batch(0);

  std::string text;
  for (size_t i = 0; i < batch.texts[0].size(); ++i) {
    // The byte tokenizer's ids begin at 3.
    text += static_cast<char>(batch.answers[i] - 3);
  }

  EXPECT_EQ(text, batch.texts[0]);
}

TEST(PageDatasetTest, KeepsDensitiesWithinTheirRange) {
  const auto dataset = make_dataset(make_mix());

  for (int64_t i = 0; i < 20; ++i) {
    const auto batch = dataset.batch(i);
    const double density = static_cast<double>(batch.characters) /
        static_cast<double>(batch.pages * batch.vision_tokens);

    // A word more or less at the end of a page.
    EXPECT_GT(density, 2.5);
    EXPECT_LT(density, 13);
  }
}

TEST(PageDatasetTest, DrawsPointsPerPageAndPerVisionToken) {
  auto config = make_batch_config();
  config.points_per_page = 5;
  config.points_per_token = 7;
  auto mix = make_mix();
  mix.modes = {{"nine", 1.0}};

  const auto batch = make_dataset(mix, /*seed=*/0, config).batch(0);

  EXPECT_EQ(batch.point_labels.size(), batch.pages * (5 + 9 * 7));
}

TEST(PageDatasetTest, DrawsInkOnPaper) {
  const auto dataset = make_dataset(make_mix());
  RandomStream random(1, "test");

  const auto sample =
      dataset.page({"nine", TextKind::kRandomLetters, 8.0}, random);

  const auto [darkest, brightest] =
      std::minmax_element(sample.pixels.begin(), sample.pixels.end());
  EXPECT_EQ(sample.pixels.size(), 192 * 192);
  EXPECT_LT(*darkest, 64);
  EXPECT_EQ(*brightest, 255);
}

TEST(PageDatasetTest, RefusesAModeThatTheModelDoesNotHave) {
  auto mix = make_mix();
  mix.modes = {{"five", 1.0}};

  EXPECT_THAT(
      [&] { make_dataset(mix); }, ThrowsMessage<UsageError>(HasSubstr("five")));
}

TEST(PageDatasetTest, RefusesAModeWithTiles) {
  auto mix = make_mix();
  mix.modes = {{"gundam", 1.0}};

  EXPECT_THAT(
      [&] { make_dataset(mix); },
      ThrowsMessage<InputError>(HasSubstr("without tiles")));
}

/// Fraction of a page's points that have ink within a pixel.
double points_on_ink(const PageBatch& batch) {
  const int64_t side = batch.side_px;
  const int64_t per_page =
      static_cast<int64_t>(batch.point_labels.size()) / batch.pages;
  int64_t on_ink = 0;
  for (size_t i = 0; i < batch.point_labels.size(); ++i) {
    const int64_t page = static_cast<int64_t>(i) / per_page;
    const auto x = static_cast<int64_t>(batch.points[2 * i]);
    const auto y = static_cast<int64_t>(batch.points[2 * i + 1]);
    bool dark = false;
    for (int64_t yy = std::max<int64_t>(0, y - 1);
         yy <= std::min(side - 1, y + 1);
         ++yy) {
      for (int64_t xx = std::max<int64_t>(0, x - 1);
           xx <= std::min(side - 1, x + 1);
           ++xx) {
        dark |= batch.pixels[(page * side + yy) * side + xx] < 160;
      }
    }
    on_ink += dark ? 1 : 0;
  }
  return static_cast<double>(on_ink) /
      static_cast<double>(batch.point_labels.size());
}

PageMixConfig make_any_size_mix() {
  PageMixConfig mix = make_mix();
  mix.modes = {{"nine", 1.0}};
  mix.fonts = {"DejaVu Sans Mono"};
  mix.font_size_px = Range{9, 20};
  mix.line_height = {1.0, 1.5};
  return mix;
}

TEST(PageDatasetTest, DrawsFontSizesEvenlyFromTheirRange) {
  const auto dataset = make_dataset(make_any_size_mix());
  RandomStream random(1, "sizes", 0);

  double smallest = 100;
  double largest = 0;
  for (int i = 0; i < 40; ++i) {
    const double size =
        dataset.page({"nine", TextKind::kCorpus, 4}, random).font_size_px;
    smallest = std::min(smallest, size);
    largest = std::max(largest, size);
  }

  EXPECT_GE(smallest, 9);
  EXPECT_LT(smallest, 10);
  EXPECT_LE(largest, 20);
  EXPECT_GT(largest, 18);
}

TEST(PageDatasetTest, PutsAsMuchOnAPageAsTheSmallestFontSizeHolds) {
  const auto dataset = make_dataset(make_any_size_mix());
  RandomStream random(1, "sizes", 0);

  const auto page =
      dataset.page({"nine", TextKind::kRandomLetters, 200}, random);

  EXPECT_DOUBLE_EQ(page.font_size_px, 9);
  EXPECT_GT(page.characters_per_token, 30);
  EXPECT_LT(page.characters_per_token, 100);
}

TEST(PageDatasetTest, PointsFollowTheirCharactersOnATurnedPage) {
  auto mix = make_any_size_mix();
  mix.rotation = {8, 8};

  const auto turned = make_dataset(mix).batch(0);
  mix.rotation = {0, 0};
  const auto straight = make_dataset(mix).batch(0);

  EXPECT_NE(turned.pixels, straight.pixels);
  // A fifth of the points may fall anywhere.
  EXPECT_GT(points_on_ink(straight), 0.7);
  EXPECT_GT(points_on_ink(turned), points_on_ink(straight) - 0.05);
}

TEST(PageDatasetTest, ResizedPagesHaveTheirPointsAndSizeOnTheSmallPage) {
  auto mix = make_any_size_mix();
  mix.resized = 1;
  mix.resized_from = {2, 2};
  const auto dataset = make_dataset(mix);

  const auto batch = dataset.batch(0);

  EXPECT_EQ(batch.side_px, 192);
  EXPECT_EQ(static_cast<int64_t>(batch.pixels.size()), batch.pages * 192 * 192);
  EXPECT_GE(batch.font_size_px, 9);
  EXPECT_LE(batch.font_size_px, 20);
  mix.resized = 0;
  EXPECT_GT(
      points_on_ink(batch), points_on_ink(make_dataset(mix).batch(0)) - 0.1);
}

TEST(PageDatasetTest, ContrastLimitsTheGreysOfAPage) {
  auto mix = make_any_size_mix();
  mix.contrast = {0.5, 0.5};
  const auto dataset = make_dataset(mix);
  RandomStream random(1, "contrast", 0);

  const auto page = dataset.page({"nine", TextKind::kCorpus, 8}, random);

  const auto [dark, light] =
      std::minmax_element(page.pixels.begin(), page.pixels.end());
  EXPECT_NEAR(*dark, 64, 12);
  EXPECT_NEAR(*light, 191, 1);
}

TEST(PageDatasetTest, ABatchSaysHowDenseAndHowLargeItsTypeIs) {
  auto mix = make_any_size_mix();
  mix.characters_per_token = {8, 8};
  mix.font_size_px = Range{10, 10};

  const auto batch = make_dataset(mix).batch(0);

  EXPECT_NEAR(batch.characters_per_token, 8, 1.5);
  EXPECT_NEAR(batch.font_size_px, 10, 1e-9);
}

TEST(PageDatasetTest, DensityIsPerVisionTokenNotPerSquare) {
  auto mix = make_any_size_mix();
  mix.modes = {{"four", 1.0}};
  mix.characters_per_token = {8, 8};
  const auto characters_per_page = [&](page::TokenLayout layout) {
    const auto batch =
        make_dataset(mix, /*seed=*/0, make_batch_config(), layout).batch(0);
    EXPECT_NEAR(batch.characters_per_token, 8, 2);
    return static_cast<double>(batch.characters) /
        static_cast<double>(batch.pages);
  };

  // Four squares in a token each, or two by two.
  EXPECT_NEAR(characters_per_page({}), 4 * 8, 6);
  EXPECT_NEAR(
      characters_per_page({.has_rows = false, .squares_per_token = 2}),
      2 * 8,
      5);
}

TEST(PageDatasetTest, RefusesFontSizesGivenTwice) {
  auto mix = make_any_size_mix();
  mix.sizes = {{16, 20}};

  EXPECT_THAT(
      [&] { validate(mix, "pages"); },
      ThrowsMessage<InputError>(HasSubstr("either sizes or font_size_px")));
}

} // namespace
} // namespace microfiche::data
