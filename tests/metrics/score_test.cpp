#include "metrics/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/metrics/goldens.h"

namespace microfiche::metrics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ScoreTest, EqualsRapidfuzzAndNltkOnEveryPair) {
  for (const auto& golden : read_goldens("pairs.jsonl")) {
    const auto scores = score_page(
        golden["reference"].get<std::string>(),
        golden["prediction"].get<std::string>(),
        find_profile("raw"));

    EXPECT_NEAR(
        scores.normalized_edit_distance,
        golden["normalized_edit_distance"].get<double>(),
        1e-12);
    for (const char* name : {"set_precision", "set_recall", "set_f1", "bleu"}) {
      // NLTK has no value where a side is empty; Chinese is not compared.
      if (golden.contains(name) && !golden[name].is_null()) {
        EXPECT_NEAR(
            metric_value(scores, name), golden[name].get<double>(), 1e-12)
            << name << " of " << golden;
      }
    }
    if (golden.value("words", 0) > 0) {
      EXPECT_NEAR(
          scores.wer * golden["words"].get<double>(),
          golden["word_edits"].get<double>(),
          1e-9);
    }
  }
}

TEST(ScoreTest, CharacterErrorRateIsOverTheReference) {
  const auto scores = score_page("ab", "abcdef", find_profile("raw"));

  EXPECT_DOUBLE_EQ(scores.cer, 2);
  EXPECT_DOUBLE_EQ(scores.length_ratio, 3);
  EXPECT_DOUBLE_EQ(scores.normalized_edit_distance, 4.0 / 6);
}

TEST(ScoreTest, FoxsScriptExchangesPrecisionAndRecall) {
  const auto paper = score_page("a b c d", "a b x", find_profile("paper"));
  const auto fox = score_page("a b c d", "a b x", find_profile("fox-official"));

  EXPECT_DOUBLE_EQ(paper.set_precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(fox.set_precision, 2.0 / 4);
  EXPECT_DOUBLE_EQ(fox.set_recall, paper.set_precision);
}

TEST(ScoreTest, LinesOfALayoutDoNotCountUnderNfkcWs) {
  const auto scores =
      score_page("one two three", "one\ntwo\nthree", find_profile("nfkc-ws"));

  EXPECT_EQ(scores.edit_similarity, 1);
}

TEST(ScoreTest, ALoopOfThePageItselfIsNoFailure) {
  const std::string dots(60, '.');

  EXPECT_EQ(score_page("x" + dots, dots, find_profile("raw")).loop_rate, 0);
  EXPECT_EQ(score_page("some text", dots, find_profile("raw")).loop_rate, 1);
}

TEST(ScoreTest, AnUnknownProfileIsNamedWithThoseThereAre) {
  EXPECT_THAT(
      [] { find_profile("papr"); },
      ThrowsMessage<UsageError>(AllOf(
          HasSubstr("no scoring profile named \"papr\""),
          HasSubstr("did you mean \"paper\"?"),
          HasSubstr("nfkc-ws"))));
}

TEST(ScoreTest, BlocksAreSummedBeforeTheyAreDivided) {
  // 1 of 2 and 0 of 8 characters: 1 in 10, not the mean of 0.5 and 0.
  const std::vector<TextPair> blocks = {{"ab", "ax"}, {"abcdefgh", "abcdefgh"}};

  EXPECT_DOUBLE_EQ(block_edit_distance(blocks, find_profile("omnidoc")), 0.1);
}

} // namespace
} // namespace microfiche::metrics
