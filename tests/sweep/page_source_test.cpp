#include "sweep/run/page_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "core/error.h"
#include "core/files.h"
#include "data/corpus.h"
#include "page/image_file.h"
#include "page/vision_token_order.h"
#include "sweep/sweep_cells.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kTokens = 9;

Cell dense_cell(double characters_per_token, const char* text) {
  return {"nine", text, "plain", characters_per_token, std::nullopt};
}

std::string unbroken(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

class PageSourceTest : public ::testing::Test {
 protected:
  SweepPage make(const Cell& cell, int64_t index) const {
    return source.make(
        cell, index, test_mode("nine", 3), page::kPixelsPerToken);
  }

  const PageSource source{small_sweep(), count_words};
};

TEST_F(PageSourceTest, APageHoldsAsManyWholeWordsAsWereAskedFor) {
  for (int64_t index = 0; index < 5; ++index) {
    const auto page = make(dense_cell(20, conditions::kNaturalText), index);

    EXPECT_LE(page.characters, 20 * kTokens);
    EXPECT_GE(page.characters, 20 * kTokens - 20);
    EXPECT_FALSE(page.truncated);
  }
}

TEST_F(PageSourceTest, TheTextOfAPageStandsInTheCorpus) {
  const auto page = make(dense_cell(10, conditions::kNaturalText), 1);
  std::string all;
  for (const auto& document :
       data::read_documents(MICROFICHE_SOURCE_DIR "/data/text/held_out")) {
    all += document.text + " ";
  }

  EXPECT_THAT(all, HasSubstr(unbroken(page.reference).substr(0, 40)));
}

TEST_F(PageSourceTest, TheSamePageIsMadeWhateverWasMadeBefore) {
  const auto cell = dense_cell(20, conditions::kNaturalText);
  const auto first = make(cell, 3);
  make(cell, 1);
  const PageSource other(small_sweep(), count_words);

  const auto again =
      other.make(cell, 3, test_mode("nine", 3), page::kPixelsPerToken);

  EXPECT_EQ(again.image, first.image);
  EXPECT_EQ(again.reference, first.reference);
}

TEST_F(PageSourceTest, DenserPagesBeginWithTheSameWords) {
  const auto sparse = make(dense_cell(5, conditions::kNaturalText), 2);
  const auto dense = make(dense_cell(20, conditions::kNaturalText), 2);

  EXPECT_TRUE(
      unbroken(dense.reference).starts_with(unbroken(sparse.reference)));
}

TEST_F(PageSourceTest, DenserPagesHaveSmallerLetters) {
  EXPECT_GT(
      make(dense_cell(5, conditions::kNaturalText), 0).font_size_px,
      make(dense_cell(20, conditions::kNaturalText), 0).font_size_px);
}

TEST_F(PageSourceTest, RandomLettersAreNoWordsOfTheCorpus) {
  const auto page = make(dense_cell(20, "random_letters"), 0);
  const auto text = make(dense_cell(20, conditions::kNaturalText), 0);

  EXPECT_NE(page.reference, text.reference);
  EXPECT_LE(page.characters, 20 * kTokens);
}

TEST_F(PageSourceTest, TextTokensFallIntoTheirBin) {
  for (int64_t index = 0; index < 5; ++index) {
    const Cell cell{
        "nine",
        conditions::kNaturalText,
        "plain",
        std::nullopt,
        std::pair(20, 25)};

    const auto page = make(cell, index);

    EXPECT_GE(page.text_tokens, 20);
    EXPECT_LT(page.text_tokens, 25);
  }
}

TEST_F(PageSourceTest, AWordAcrossTheDrawnLengthLeavesTheBinReachable) {
  auto sweep = small_sweep();
  sweep.pages_per_cell = 40;
  // Three characters are a token, so that many words are longer than one.
  const PageSource source(sweep, [](std::string_view text) {
    return static_cast<int64_t>(text.size() / 3);
  });
  for (int64_t index = 0; index < sweep.pages_per_cell; ++index) {
    const Cell cell{
        "nine",
        conditions::kNaturalText,
        "plain",
        std::nullopt,
        std::pair(10, 13)};

    const auto page =
        source.make(cell, index, test_mode("nine", 3), page::kPixelsPerToken);

    EXPECT_GE(page.text_tokens, 10);
    EXPECT_LT(page.text_tokens, 13);
  }
}

TEST_F(PageSourceTest, TextThatDoesNotFitIsCutAndSaid) {
  auto sweep = small_sweep();
  sweep.styles[0].min_font_size_px = 40;
  const PageSource large(sweep, count_words);

  const auto page = large.make(
      dense_cell(20, conditions::kNaturalText),
      0,
      test_mode("nine", 3),
      page::kPixelsPerToken);

  EXPECT_TRUE(page.truncated);
  EXPECT_LT(page.characters, 20 * kTokens / 2);
}

TEST_F(PageSourceTest, AlteredWordsAreFoundOnThePage) {
  for (int64_t index = 0; index < 5; ++index) {
    const auto natural = make(dense_cell(20, conditions::kNaturalText), index);
    const auto page = make(dense_cell(20, "swapped_letters:40"), index);

    const auto words = words_of(page.reference);
    const auto before = words_of(natural.reference);
    EXPECT_NE(page.reference, natural.reference);
    ASSERT_FALSE(page.altered_words.empty());
    for (const auto& [word, text] : page.altered_words) {
      EXPECT_NE(words.at(word), text);
      EXPECT_THAT(before, ::testing::Contains(text));
    }
    EXPECT_TRUE(natural.altered_words.empty());
  }
}

TEST_F(PageSourceTest, ATextThatIsMatchedInTokensHasAsMany) {
  auto sweep = small_sweep();
  sweep.conditions.match_length = MatchLength::kTextTokens;
  const PageSource matched(sweep, count_words);
  for (int64_t index = 0; index < 5; ++index) {
    const auto natural = make(dense_cell(5, conditions::kNaturalText), index);

    const auto page = matched.make(
        dense_cell(5, "uuids"),
        index,
        test_mode("nine", 3),
        page::kPixelsPerToken);

    EXPECT_FALSE(page.truncated);
    EXPECT_EQ(page.text_tokens, natural.text_tokens);
    EXPECT_GT(page.characters, natural.characters);
  }
}

TEST_F(PageSourceTest, AConditionOfThePageLeavesItsTextAlone) {
  auto cell = dense_cell(20, conditions::kNaturalText);
  const auto page = make(cell, 2);
  cell.page_condition = "gaussian_noise:20";

  const auto noisy = make(cell, 2);

  EXPECT_EQ(noisy.reference, page.reference);
  EXPECT_NE(noisy.image, page.image);
  EXPECT_EQ(make(cell, 2).image, noisy.image);
}

TEST_F(PageSourceTest, AnotherPageIsTheNextOneOfTheCell) {
  auto cell = dense_cell(20, conditions::kNaturalText);
  const auto first = make(cell, 0);
  cell.page_condition = "other_page";

  const auto last = make(cell, 4);

  EXPECT_EQ(last.image, first.image);
  EXPECT_NE(last.reference, first.reference);
}

TEST_F(PageSourceTest, ASeedOfTheCellChoosesOtherText) {
  auto cell = dense_cell(20, conditions::kNaturalText);
  const auto page = make(cell, 0);
  cell.seed = 1;

  EXPECT_NE(make(cell, 0).reference, page.reference);
}

TEST_F(PageSourceTest, ALayoutIsTheSamePageInEveryMode) {
  auto sweep = small_sweep();
  sweep.styles[0].layout.emplace();
  sweep.styles[0].layout->page_width_px = 300;
  sweep.styles[0].layout->page_height_px = 200;
  sweep.styles[0].layout->background_colour = "#ffff00";
  const PageSource source(sweep, count_words);
  const Cell cell{
      "nine",
      conditions::kNaturalText,
      "plain",
      std::nullopt,
      std::pair(15, 20)};

  const auto page =
      source.make(cell, 0, test_mode("nine", 3), page::kPixelsPerToken);
  const auto other =
      source.make(cell, 0, test_mode("four", 2), page::kPixelsPerToken);

  EXPECT_EQ(page.image.width, 300);
  EXPECT_EQ(other.image, page.image);
  EXPECT_EQ(source.blank("plain", test_mode("four", 2)).height, 200);
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

/// A folder in Fox's layout with three pages of two, three and four words.
class CollectedPagesTest : public ::testing::Test {
 protected:
  CollectedPagesTest() {
    Json list = Json::array();
    for (const char* text :
         {"one two", "one two three", "one two three four"}) {
      const auto name = concat("en_", list.size(), ".png");
      const auto side = static_cast<int64_t>(20 + list.size());
      page::write_png(
          folder.path() / "en_pdf_png" / name,
          page::make_page(side, side, page::Colour{}));
      list.push_back(
          {{"image", name},
           {"conversations", {{{"from", "human"}}, {{"value", text}}}}});
    }
    write_json_file(folder.path() / "en_page_ocr.json", list);
    sweep.texts = {"fox_en:" + folder.path().string()};
    sweep.modes = {"nine"};
    sweep.text_token_bins = {{2, 4}, {4, 5}, {5, 9}};
  }

  tests::TemporaryFolder folder;
  SweepConfig sweep;
};

TEST_F(CollectedPagesTest, ACellHasThePagesOfItsBinInTheirOrder) {
  const PageSource source(sweep, count_words);
  const auto cells = cells_of(sweep);

  ASSERT_EQ(source.num_pages(cells[0]), 2);
  EXPECT_EQ(source.num_pages(cells[1]), 1);
  EXPECT_EQ(source.num_pages(cells[2]), 0);
  const auto page =
      source.make(cells[0], 1, test_mode("nine", 3), page::kPixelsPerToken);
  EXPECT_EQ(page.reference, "one two three");
  EXPECT_EQ(page.image_name, "en_1.png");
  EXPECT_EQ(page.image.width, 21);
  EXPECT_EQ(page.text_tokens, 3);
}

TEST_F(CollectedPagesTest, PagesPerCellIsTheMost) {
  sweep.pages_per_cell = 1;
  const PageSource source(sweep, count_words);

  EXPECT_EQ(source.num_pages(cells_of(sweep)[0]), 1);
}

TEST_F(CollectedPagesTest, TextThatIsThereCannotBeChanged) {
  sweep.conditions.text = {"digits"};

  EXPECT_THAT(
      [&] { PageSource(sweep, count_words); },
      ThrowsMessage<InputError>(
          HasSubstr("already have their text; leave conditions")));
}

} // namespace
} // namespace microfiche::sweep
