#include "metrics/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/metrics/goldens.h"

namespace microfiche::metrics {
namespace {

class ScoreGoldenTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ScoreGoldenTest, EqualsRapidfuzzNltkAndSacrebleuOnEveryPair) {
  int64_t compared = 0;
  for (const auto& golden : read_goldens(GetParam())) {
    const auto scores = score_page(
        golden["reference"].get<std::string>(),
        golden["prediction"].get<std::string>(),
        find_profile("all"));

    for (const auto& name : metric_names()) {
      // Others have no value where a side is empty; Chinese words are not
      // compared.
      if (golden.contains(name) && !golden[name].is_null()) {
        ++compared;
        EXPECT_NEAR(
            metric_value(scores, name), golden[name].get<double>(), 1e-12)
            << name << " of " << golden;
      }
    }
  }
  EXPECT_GT(compared, 1500);
}

INSTANTIATE_TEST_SUITE_P(
    RandomAndReal,
    ScoreGoldenTest,
    ::testing::Values("pairs.jsonl", "readings.jsonl"));

TEST(ScoreTest, FoxsScriptSwapsPrecisionAndRecall) {
  const auto paper = score_page("a b c d", "a b x", find_profile("paper"));
  const auto fox = score_page("a b c d", "a b x", find_profile("fox-official"));

  EXPECT_DOUBLE_EQ(metric_value(paper, "set_precision"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metric_value(fox, "set_precision"), 2.0 / 4);
  EXPECT_DOUBLE_EQ(metric_value(fox, "set_recall"), 2.0 / 3);
}

TEST(ScoreTest, OtherMetricsAreNotSwapped) {
  const std::string loop(60, '.');
  const auto fox = score_page("some text", loop, find_profile("fox-official"));

  EXPECT_EQ(metric_value(fox, "loop_rate"), 1);
  EXPECT_GT(metric_value(fox, "length_ratio"), 1);
}

TEST(ScoreTest, NfkcWsIgnoresLineBreaks) {
  const auto scores =
      score_page("one two three", "one\ntwo\nthree", find_profile("nfkc-ws"));

  EXPECT_EQ(metric_value(scores, "edit_similarity"), 1);
}

TEST(ScoreTest, ALoopInTheReferenceIsNotCounted) {
  const std::string dots(60, '.');

  const auto& raw = find_profile("raw");

  EXPECT_EQ(metric_value(score_page("x" + dots, dots, raw), "loop_rate"), 0);
  EXPECT_EQ(metric_value(score_page("text", dots, raw), "loop_rate"), 1);
}

} // namespace
} // namespace microfiche::metrics
