#include "analysis/summary_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/sweep/small_sweep.h"

namespace microfiche::analysis {
namespace {

using ::testing::HasSubstr;
using tests::TemporaryFolder;

/// A run of one cell with the given references and readings.
sweep::Run made_run(
    const std::vector<std::pair<std::string, std::string>>& pages) {
  sweep::Run run;
  run.config.modes = {"m"};
  run.config.characters_per_token = {2};
  run.config.profile = "nfkc-ws";
  for (size_t i = 0; i < pages.size(); ++i) {
    sweep::Sample sample;
    sample.cell = {"m", conditions::kNaturalText, "plain", 2.0, std::nullopt};
    sample.id = sweep::name_of(sample.cell) + "/" + std::to_string(i);
    sample.index = static_cast<int64_t>(i);
    sample.page.text_tokens = 640 + 20 * static_cast<int64_t>(i);
    sample.reading.vision_tokens = {64, 50, 73};
    sample.page.reference = pages[i].first;
    sample.reading.text = pages[i].second;
    sample.metrics = metrics::score_page(
        sample.page.reference,
        sample.reading.text,
        metrics::find_profile("nfkc-ws"));
    sample.reading.stop = "eos";
    run.samples.push_back(sample);
  }
  return run;
}

double mean(const metrics::MetricIntervals& intervals, const char* metric) {
  return metrics::find_metric(intervals, metric).mean;
}

TEST(SummaryTest, RatiosUseEachCountOfVisionTokens) {
  const auto summary = summarize_run(made_run({{"a", "a"}, {"b", "b"}}));

  ASSERT_EQ(summary.cells.size(), 1u);
  const auto& cell = summary.cells[0];
  EXPECT_EQ(cell.pages, 2);
  EXPECT_DOUBLE_EQ(cell.ratios.nominal, 650.0 / 64);
  EXPECT_DOUBLE_EQ(cell.ratios.valid, 650.0 / 50);
  EXPECT_DOUBLE_EQ(cell.ratios.positions, 650.0 / 73);
}

TEST(SummaryTest, TheWrongPageIsTheReadingOfAnotherPage) {
  // Each reading is right for its page and shares two of four characters with
  // the other page.
  const auto summary =
      summarize_run(made_run({{"abcd", "abcd"}, {"abxy", "abxy"}}));

  EXPECT_DOUBLE_EQ(mean(summary.cells[0].metrics, "edit_similarity"), 1);
  EXPECT_DOUBLE_EQ(mean(summary.cells[0].wrong_page, "edit_similarity"), 0.5);
  EXPECT_DOUBLE_EQ(summary.cells[0].skill, 1);
}

TEST(SummaryTest, AModelThatIgnoresThePageHasSkillZero) {
  const auto summary = summarize_run(
      made_run({{"abcd", "abcd"}, {"abxy", "abcd"}, {"abzz", "abcd"}}));

  // Its three readings are equal, so page and wrong page have equal scores.
  EXPECT_NEAR(summary.cells[0].skill, 0, 1e-12);
}

TEST(SummaryTest, TheBlankPageIsScoredAgainstEveryPage) {
  auto run = made_run({{"abcd", "abcd"}, {"xyxy", "xyxy"}});
  run.blanks = {{"m", "plain", "ab", "eos"}};

  const auto summary = summarize_run(run);

  EXPECT_DOUBLE_EQ(mean(summary.cells[0].blank_page, "edit_similarity"), 0.25);
}

TEST(SummaryTest, OnePageHasNoWrongPage) {
  const auto summary = summarize_run(made_run({{"abcd", "abcd"}}));

  EXPECT_TRUE(summary.cells[0].wrong_page.empty());
  EXPECT_TRUE(std::isnan(summary.cells[0].skill));
}

TEST(SummaryTest, BitsPerCharacterUseTheLogLikelihood) {
  auto run = made_run({{"abcd", "abcd"}});
  run.samples[0].page.characters = 4;
  run.samples[0].reading.log_likelihood = -4 * std::log(2.0);

  EXPECT_NEAR(summarize_run(run).cells[0].bits_per_character, 1, 1e-12);
}

TEST(SummaryTest, LoopedPagesAreLeftOutOfTheSecondMean) {
  const std::string loop(60, 'x');
  auto run = made_run({{"abcd", "abcd"}, {"abxy", loop}});
  run.samples[1].reading.stop = "length";

  const auto summary = summarize_run(run);

  const auto& cell = summary.cells[0];
  EXPECT_EQ(cell.pages_without_loops, 1);
  EXPECT_LT(mean(cell.metrics, "edit_similarity"), 0.6);
  EXPECT_EQ(mean(cell.without_loops, "edit_similarity"), 1);
  EXPECT_EQ(cell.length_stopped_rate, 0.5);
  EXPECT_EQ(overview_table(summary).header.back(), "without loops");
}

TEST(SummaryTest, NotesNameTheNormalisationAndCellsOfFewPages) {
  const auto notes = summary_notes(summarize_run(made_run({{"a", "a"}})));

  EXPECT_THAT(notes, HasSubstr("normalisation nfkc-ws"));
  EXPECT_THAT(notes, HasSubstr("Fewer than 30 pages"));
  EXPECT_THAT(notes, HasSubstr("(1)"));
}

TEST(SummaryTest, TheCsvHasOneRowPerCellAndAllColumns) {
  TemporaryFolder folder;
  sweep::run_with_oracle(sweep::small_sweep(), folder.path());

  const auto table = full_table(summarize_run(sweep::read_run(folder.path())));

  EXPECT_EQ(table.rows.size(), 3u);
  for (const auto& row : table.rows) {
    EXPECT_EQ(row.size(), table.header.size());
  }
  for (const char* column :
       {"pages",
        "compression_ratio_nominal",
        "compression_ratio_valid",
        "compression_ratio_positions",
        "edit_similarity",
        "edit_similarity_low",
        "edit_similarity_high",
        "edit_similarity_bca_low",
        "without_loops_edit_similarity",
        "length_stopped_rate",
        "normalization",
        "loop_rate",
        "wrong_page_edit_similarity",
        "skill",
        "seconds_decode"}) {
    EXPECT_THAT(table.header, ::testing::Contains(column));
  }
}

TEST(SummaryTest, TheJsonHasTheCoordinatesOfEachCell) {
  TemporaryFolder folder;
  sweep::run_with_oracle(sweep::small_sweep(), folder.path());

  const auto json = to_json(summarize_run(sweep::read_run(folder.path())));

  EXPECT_EQ(json["headline"], "edit_similarity");
  EXPECT_EQ(json["cells"][0]["cell"]["mode"], "nine");
  EXPECT_EQ(json["cells"][0]["cell"]["text"], "corpus");
  EXPECT_EQ(json["cells"][0]["pages"], 5);
  EXPECT_EQ(json["cells"][2]["cell"]["text"], "random_letters");
}

} // namespace
} // namespace microfiche::analysis
