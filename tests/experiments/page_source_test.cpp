#include "experiments/runner/page_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "data/corpus.h"
#include "tests/experiments/small_sweep.h"

namespace microfiche::experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kTokens = 9;

Cell dense_cell(double characters_per_token, TextKind text) {
  return {"nine", text, "plain", characters_per_token, std::nullopt};
}

std::string unbroken(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class PageSourceTest : public ::testing::Test {
 protected:
  SweepPage make(const Cell& cell, int64_t index) const {
    return source.make(cell, index, test_mode("nine", 3), kTokens);
  }

  const PageSource source{small_sweep(), count_words};
};

TEST_F(PageSourceTest, APageHoldsAsManyWholeWordsAsWereAskedFor) {
  for (int64_t index = 0; index < 5; ++index) {
    const auto page = make(dense_cell(20, TextKind::kCorpus), index);

    EXPECT_LE(page.characters, 20 * kTokens);
    EXPECT_GE(page.characters, 20 * kTokens - 20);
    EXPECT_FALSE(page.cut);
  }
}

TEST_F(PageSourceTest, TheTextOfAPageStandsInTheCorpus) {
  const auto page = make(dense_cell(10, TextKind::kCorpus), 1);
  std::string all;
  for (const auto& document :
       data::read_documents(MICROFICHE_SOURCE_DIR "/data/text/held_out")) {
    all += document.text + " ";
  }

  EXPECT_THAT(all, HasSubstr(unbroken(page.reference).substr(0, 40)));
}

TEST_F(PageSourceTest, TheSamePageIsMadeWhateverWasMadeBefore) {
  const auto cell = dense_cell(20, TextKind::kCorpus);
  const auto first = make(cell, 3);
  make(cell, 1);
  const PageSource other(small_sweep(), count_words);

  const auto again = other.make(cell, 3, test_mode("nine", 3), kTokens);

  EXPECT_EQ(again.image, first.image);
  EXPECT_EQ(again.reference, first.reference);
}

TEST_F(PageSourceTest, DenserPagesBeginWithTheSameWords) {
  const auto sparse = make(dense_cell(5, TextKind::kCorpus), 2);
  const auto dense = make(dense_cell(20, TextKind::kCorpus), 2);

  EXPECT_TRUE(
      unbroken(dense.reference).starts_with(unbroken(sparse.reference)));
}

TEST_F(PageSourceTest, DenserPagesHaveSmallerLetters) {
  EXPECT_GT(
      make(dense_cell(5, TextKind::kCorpus), 0).font_size_px,
      make(dense_cell(20, TextKind::kCorpus), 0).font_size_px);
}

TEST_F(PageSourceTest, RandomLettersAreNoWordsOfTheCorpus) {
  const auto page = make(dense_cell(20, TextKind::kRandomLetters), 0);
  const auto text = make(dense_cell(20, TextKind::kCorpus), 0);

  EXPECT_NE(page.reference, text.reference);
  EXPECT_LE(page.characters, 20 * kTokens);
}

TEST_F(PageSourceTest, TextTokensFallIntoTheirBin) {
  for (int64_t index = 0; index < 5; ++index) {
    const Cell cell{
        "nine", TextKind::kCorpus, "plain", std::nullopt, std::pair(20, 25)};

    const auto page = make(cell, index);

    EXPECT_GE(page.text_tokens, 20);
    EXPECT_LT(page.text_tokens, 25);
  }
}

TEST_F(PageSourceTest, TextThatDoesNotFitIsCutAndSaid) {
  auto sweep = small_sweep();
  sweep.styles[0].min_font_size_px = 40;
  const PageSource large(sweep, count_words);

  const auto page = large.make(
      dense_cell(20, TextKind::kCorpus), 0, test_mode("nine", 3), kTokens);

  EXPECT_TRUE(page.cut);
  EXPECT_LT(page.characters, 20 * kTokens / 2);
}

TEST_F(PageSourceTest, ABlankPageHasOneColour) {
  const auto page = source.blank("plain", test_mode("nine", 3));

  EXPECT_EQ(page.width, 192);
  EXPECT_THAT(page.rgb, ::testing::Each(255));
}

TEST(PageSourceErrorTest, AMissingTextIsNamed) {
  auto sweep = small_sweep();
  sweep.texts = {"no/such/file.txt"};

  EXPECT_THAT(
      [&] { PageSource(sweep, count_words); },
      ThrowsMessage<InputError>(HasSubstr("no/such/file.txt")));
}

} // namespace
} // namespace microfiche::experiments
