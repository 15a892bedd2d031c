#include "metrics/score_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace microfiche::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

PredictionFile three_pages() {
  return read_predictions(
      R"({"id":"a","reference":"one two","prediction":"one two","text_tokens":699,"vision_tokens":64,"mode":"tiny"}
{"id":"b","reference":"one two","prediction":"one","text_tokens":600,"vision_tokens":64,"mode":"tiny"}
{"id":"c","reference":"one two","prediction":"three","text_tokens":700,"vision_tokens":64,"mode":"tiny"}
{"id":"d","reference":"one two","prediction":"one two","text_tokens":1300,"vision_tokens":100,"mode":"small"})",
      "pages.jsonl");
}

TEST(BinsTest, AreHalfOpenAndTheLastMayBeNarrower) {
  EXPECT_THAT(
      parse_bins("600:850:100"),
      ElementsAre(
          TextTokenBin{600, 700},
          TextTokenBin{700, 800},
          TextTokenBin{800, 850}));
}

TEST(BinsTest, InvalidRangesAreRefused) {
  for (const char* text :
       {"",
        "600",
        "600:700",
        "700:600:10",
        "1:9:0",
        "a:b:c",
        "600:1300:100x",
        "600-1300-100"}) {
    EXPECT_THROW(parse_bins(text), UsageError) << text;
  }
}

TEST(ScoreSummaryTest, APageOnTheEdgeFallsIntoTheUpperBin) {
  const auto summary = score_file(
      three_pages(), find_profile("paper"), parse_bins("600:800:100"), "", 0);

  ASSERT_EQ(summary.bins.size(), 2u);
  EXPECT_EQ(summary.bins[0].scores.pages, 2);
  EXPECT_EQ(summary.bins[1].scores.pages, 1);
  EXPECT_EQ(summary.outside_bins, 1);
}

TEST(ScoreSummaryTest, TheRatioOfABinIsMeanTextOverMeanVisionTokens) {
  const auto summary = score_file(
      three_pages(), find_profile("paper"), parse_bins("600:800:100"), "", 0);

  EXPECT_DOUBLE_EQ(summary.bins[0].text_tokens_mean, 649.5);
  EXPECT_DOUBLE_EQ(summary.bins[0].compression_ratio, 649.5 / 64);
}

TEST(ScoreSummaryTest, GroupsByAFieldOfTheLines) {
  const auto summary = score_file(
      three_pages(),
      find_profile("paper"),
      parse_bins("600:1400:800"),
      "mode",
      0);

  ASSERT_EQ(summary.bins.size(), 2u);
  EXPECT_EQ(summary.bins[0].group, "small");
  EXPECT_EQ(summary.bins[0].vision_tokens, 100);
  EXPECT_EQ(summary.bins[1].group, "tiny");
  EXPECT_EQ(summary.bins[1].scores.pages, 3);
}

TEST(ScoreSummaryTest, TheJsonHasTheKeysOfTheInterface) {
  const auto json = to_json(score_file(
      three_pages(), find_profile("paper"), parse_bins("600:800:100"), "", 0));

  EXPECT_EQ(json["profile"], "paper");
  EXPECT_EQ(json["pages"], 4);
  // (1 + 1 + 0 + 1) / 4 words of the predictions are right.
  EXPECT_DOUBLE_EQ(json["metrics"]["set_precision"].get<double>(), 0.75);
  for (const char* name :
       {"set_recall",
        "set_f1",
        "normalized_edit_distance",
        "cer",
        "wer",
        "bleu"}) {
    EXPECT_TRUE(json["metrics"][name].is_number()) << name;
  }
  const auto& bin = json["bins"][0];
  EXPECT_EQ(bin["text_tokens"], Json::array({600, 700}));
  EXPECT_EQ(bin["metrics"]["set_precision"]["mean"], 1.0);
  EXPECT_TRUE(bin["metrics"]["set_precision"]["low"].is_number());
  EXPECT_TRUE(bin["metrics"]["set_precision"]["high"].is_number());
}

TEST(ScoreSummaryTest, TheJsonHasTheNormalisationAndMarksFewPages) {
  const auto json =
      to_json(score_file(three_pages(), find_profile("cer"), {}, "", 0));

  EXPECT_EQ(json["normalization"], "nfkc-ws");
  EXPECT_EQ(json["words"]["white_space"], 4);
  EXPECT_EQ(json["words"]["icu"], 0);
  EXPECT_EQ(json["few_pages"], true);
  EXPECT_TRUE(json["intervals"]["cer"]["bca_low"].is_number());
  EXPECT_TRUE(json["length_stopped_rate"].is_null());
}

TEST(ScoreSummaryTest, PagesWithHanCharactersAreCountedAsSplitByIcu) {
  const auto file = read_predictions(
      R"({"id":"a","reference":"\u6f22\u5b57","prediction":"x"})",
      "pages.jsonl");

  const auto summary = score_file(file, find_profile("wer"), {}, "", 0);

  EXPECT_EQ(summary.pages_split_by_icu, 1);
}

TEST(ScoreSummaryTest, LoopedPagesAreLeftOutOfTheSecondMean) {
  const auto file = read_predictions(
      R"({"id":"a","reference":"x y","prediction":"x y","stop":"eos"}
{"id":"b","reference":"x y","prediction":"hahahahahahahahahahahahahahahahahahahahahahaha","stop":"length"})",
      "pages.jsonl");

  const auto summary = score_file(file, find_profile("paper"), {}, "", 0);

  EXPECT_EQ(find_metric(summary.scores.metrics, "set_precision").mean, 0.5);
  EXPECT_EQ(summary.scores.pages_without_loops, 1);
  EXPECT_EQ(find_metric(summary.scores.without_loops, "set_precision").mean, 1);
  EXPECT_EQ(summary.length_stopped_rate, 0.5);
}

TEST(ScoreSummaryTest, APageWithBlocksHasTheEditDistanceOfItsBlocks) {
  // 1 of 2 and 0 of 8 characters: 1 in 10, not the mean of 0.5 and 0.
  const auto file = read_predictions(
      R"([{"gt":"ab","pred":"ax","img_id":"1.jpg"},
          {"gt":"abcdefgh","pred":"abcdefgh","img_id":"1.jpg"}])",
      "omni.json");

  const auto summary =
      score_file(file, find_profile("omnidocbench"), {}, "", 0);

  EXPECT_DOUBLE_EQ(
      find_metric(summary.scores.metrics, "normalized_edit_distance").mean,
      0.1);
  EXPECT_DOUBLE_EQ(summary.corpus.edit_page_avg, 0.1);
  EXPECT_DOUBLE_EQ(summary.corpus.edit_sample_avg, 0.25);
}

TEST(ScoreSummaryTest, BinsNeedTokenCounts) {
  const auto file = read_predictions(
      R"({"id":"a","reference":"x","prediction":"y"})", "pages.jsonl");

  EXPECT_THAT(
      [&] {
        score_file(file, find_profile("paper"), parse_bins("0:9:3"), "", 0);
      },
      ThrowsMessage<InputError>(
          HasSubstr("page \"a\" has no text_tokens; bins need both")));
}

} // namespace
} // namespace microfiche::metrics
