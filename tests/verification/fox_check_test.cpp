#include "verification/fox_check.h"

#include "core/files.h"
#include "tests/support/folders.h"
#include "tests/support/tiny_model.h"
#include "tests/verification/fox_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace microfiche::verification {
namespace {

/// A page whose reading and published reading have this precision and distance.
FoxPage page(int64_t text_tokens, double ours, double published) {
  FoxPage page;
  page.text_tokens = text_tokens;
  page.set_precision = ours;
  page.published_set_precision = published;
  page.published_edit_similarity = published;
  page.agreement = ours;
  return page;
}

TEST(FoxCheckTest, PagesAreAveragedInTheBinsOfThePapersTable) {
  const auto mode = summarize_fox(
      "tiny",
      {page(600, 0.5, 0.9),
       page(699, 0.7, 0.7),
       page(700, 1.0, 1.0),
       page(599, 0.0, 0.0),
       page(1300, 0.0, 0.0)});

  ASSERT_EQ(mode.bins.size(), 7u);
  EXPECT_EQ(mode.bins[0].pages, 2);
  EXPECT_DOUBLE_EQ(mode.bins[0].ours, 0.6);
  EXPECT_DOUBLE_EQ(mode.bins[0].published, 0.8);
  EXPECT_DOUBLE_EQ(mode.bins[0].paper, 0.965);
  EXPECT_EQ(mode.bins[0].paper_pages, 7);
  EXPECT_EQ(mode.bins[1].pages, 1);
  EXPECT_EQ(mode.bins[6].pages, 0);
  EXPECT_DOUBLE_EQ(mode.bins[6].paper, 0.591);
}

TEST(FoxCheckTest, TheFirstBoundIsTheMeanOfTheTablesPages) {
  const auto good =
      summarize_fox("tiny", {page(650, 0.7, 1), page(750, 0.9, 1)});
  const auto bad =
      summarize_fox("tiny", {page(650, 0.69, 1), page(750, 0.9, 1)});
  const auto small =
      summarize_fox("small", {page(650, 0.8, 1), page(750, 0.9, 1)});

  EXPECT_TRUE(good.bounds[0].is_met());
  EXPECT_FALSE(bad.bounds[0].is_met());
  EXPECT_FALSE(small.bounds[0].is_met());
}

TEST(FoxCheckTest, TheSecondBoundAllowsTwiceThePublishedDistance) {
  const auto mode = summarize_fox(
      "small",
      {page(650, 0.8, 0.9), page(650, 0.74, 0.9), page(650, 0.1, 0.9)});

  EXPECT_NEAR(mode.bounds[1].at_least, 1 - 2 * 0.1 - 0.05, 1e-12);
  EXPECT_DOUBLE_EQ(mode.bounds[1].value, 0.74);
  EXPECT_FALSE(mode.bounds[1].is_met());
}

TEST(FoxCheckTest, APageIsScoredAgainstThePageAndThePublishedReading) {
  const auto scored = score_fox_page(
      {"en_1.png", 650, "a b  c d", "a b c x"}, "a b c d", "eos");

  EXPECT_DOUBLE_EQ(scored.set_precision, 1);
  EXPECT_DOUBLE_EQ(scored.published_set_precision, 0.75);
  EXPECT_DOUBLE_EQ(scored.edit_similarity, 1);
  EXPECT_DOUBLE_EQ(scored.published_edit_similarity, 1 - 1.0 / 7);
  EXPECT_DOUBLE_EQ(scored.agreement, 1 - 1.0 / 7);
}

class FoxReadingTest : public ::testing::Test {
 protected:
  FoxReadingTest() {
    tests::write_fox_clone(folder.path());
    auto json = tests::tiny_config();
    json["microfiche"]["modes"][0]["name"] = "tiny";
    json["microfiche"]["modes"][1]["name"] = "small";
    json["microfiche"]["default_mode"] = "tiny";
    loaded = tests::make_tiny_model({}, json);
    config.max_new_tokens = 8;
    config.batch = 2;
    config.output = folder.path() / "kept";
  }

  std::vector<FoxMode> check() {
    return check_fox(loaded, open_fox(folder.path(), "", 2), config);
  }

  int64_t kept_lines() const {
    const auto text = read_file(config.output / "readings.jsonl");
    return std::count(text.begin(), text.end(), '\n');
  }

  tests::TemporaryFolder folder;
  model::LoadedModel loaded;
  FoxCheckConfig config;
};

TEST_F(FoxReadingTest, ARandomModelMissesBothBoundsInBothModes) {
  const auto modes = check();

  ASSERT_EQ(modes.size(), 2u);
  for (const auto& mode : modes) {
    ASSERT_EQ(mode.pages.size(), 2u);
    EXPECT_EQ(mode.pages[0].image, "en_1.png");
    EXPECT_EQ(mode.bins[0].pages, 1);
    EXPECT_EQ(mode.bins[6].pages, 1);
    EXPECT_FALSE(mode.bounds[0].is_met());
    EXPECT_FALSE(mode.bounds[1].is_met());
  }
}

TEST_F(FoxReadingTest, AnotherRunTakesTheKeptReadings) {
  const auto first = check();
  EXPECT_EQ(kept_lines(), 4);
  // A reading that the model did not make shows where it comes from.
  auto text = read_file(config.output / "readings.jsonl");
  const auto line = Json::parse(text.substr(0, text.find('\n')));
  auto changed = line;
  changed["text"] = "kept";
  append_line(config.output / "readings.jsonl", changed.dump());

  const auto second = check();

  EXPECT_EQ(kept_lines(), 5);
  const auto of_mode = line["mode"] == "tiny" ? 0 : 1;
  EXPECT_TRUE(std::any_of(
      second[of_mode].pages.begin(),
      second[of_mode].pages.end(),
      [](const auto& page) { return page.prediction == "kept"; }));
  EXPECT_EQ(
      first[1 - of_mode].pages[0].prediction,
      second[1 - of_mode].pages[0].prediction);
}

TEST_F(FoxReadingTest, ReadingsOfOtherSettingsAreNotTaken) {
  check();
  config.max_new_tokens = 9;

  check();

  EXPECT_EQ(kept_lines(), 8);
}

TEST_F(FoxReadingTest, AllPagesOfTheCloneAreRead) {
  const char* clone = std::getenv("MICROFICHE_FOX_READINGS");
  if (clone == nullptr) {
    GTEST_SKIP() << "MICROFICHE_FOX_READINGS names no clone";
  }
  config.output.clear();

  const auto modes = check_fox(loaded, open_fox(clone, "", 112), config);

  for (const auto& mode : modes) {
    EXPECT_EQ(mode.pages.size(), 112u);
    EXPECT_EQ(mode.pages.back().image, "en_112.png");
    EXPECT_FALSE(mode.bounds[0].is_met());
  }
}

// The paper's table and its readings as research computed them, with a clone of
// the published readings, which may not be redistributed.
TEST(FoxCheckTest, ThePublishedReadingsGiveThePapersPagesAndPrecision) {
  const char* clone = std::getenv("MICROFICHE_FOX_READINGS");
  if (clone == nullptr) {
    GTEST_SKIP() << "MICROFICHE_FOX_READINGS names no clone";
  }
  const auto fox = open_fox(clone, "", 112);
  const std::vector<std::vector<double>> published = {
      {95.9, 93.8, 91.9, 84.2, 79.2, 74.3, 58.7},
      {98.3, 97.0, 96.7, 96.7, 91.3, 89.2, 86.4}};
  for (size_t i = 0; i < fox.readings.size(); ++i) {
    std::vector<FoxPage> pages;
    for (const auto& page : fox.readings[i].pages) {
      pages.push_back(score_fox_page(page, page.prediction, "eos"));
    }

    const auto mode = summarize_fox(fox.readings[i].mode, std::move(pages));

    for (size_t bin = 0; bin < mode.bins.size(); ++bin) {
      EXPECT_EQ(mode.bins[bin].pages, mode.bins[bin].paper_pages);
      EXPECT_NEAR(100 * mode.bins[bin].ours, published[i][bin], 0.051);
    }
    for (const auto& bound : mode.bounds) {
      EXPECT_TRUE(bound.is_met()) << bound.name;
    }
  }
}

} // namespace
} // namespace microfiche::verification
