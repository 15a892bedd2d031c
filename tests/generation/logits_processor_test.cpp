#include "generation/logits_processor.h"

#include "core/error.h"
#include "core/json.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace microfiche::generation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int64_t> banned_without_window(
    int64_t size,
    const std::vector<int64_t>& prompt,
    const std::vector<int64_t>& generated) {
  return NoRepeatNgram{size, /*window=*/0, /*whitelist=*/{}}.banned(
      prompt, generated);
}

// Cases of process/ngram_norepeat.py (deepseek-ai/DeepSeek-OCR e4ac34e).
TEST(NoRepeatNgramTest, BansTheSameIdsAsTheReferenceInAWindow) {
  const Json cases =
      read_json_file(tests::data_path("parity/no_repeat_ngram.json"));
  ASSERT_GT(cases.size(), 100u);

  for (const auto& example : cases) {
    const NoRepeatNgram rule{
        example["ngram"], example["window"], example["whitelist"]};
    const std::vector<int64_t> ids = example["ids"];
    const std::vector<int64_t> expected = example["banned"];

    EXPECT_EQ(rule.banned(/*prompt=*/{}, ids), expected) << example.dump();
  }
}

// Cases of Unlimited-OCR's own code; see tests/oracles/make_window_cases.
TEST(NoRepeatNgramTest, BansTheSameIdsAsTheReferenceOverPromptAndAnswer) {
  const Json cases =
      read_json_file(tests::data_path("parity_unlimited/no_repeat_ngram.json"));
  ASSERT_GT(cases.size(), 40u);

  for (const auto& example : cases) {
    const NoRepeatNgram rule{
        example["ngram"],
        example["window"],
        example["whitelist"],
        /*window_over_prompt=*/true};
    const std::vector<int64_t> prompt = example["prompt"];
    const std::vector<int64_t> generated = example["generated"];
    const std::vector<int64_t> expected = example["banned"];

    EXPECT_EQ(rule.banned(prompt, generated), expected) << example.dump();
  }
}

TEST(NoRepeatNgramTest, WithoutAWindowUsesThePromptToo) {
  EXPECT_THAT(banned_without_window(3, {1, 2, 3}, {1, 2}), ElementsAre(3));
}

TEST(NoRepeatNgramTest, WithoutAWindowBansAcrossTheEndOfThePrompt) {
  EXPECT_THAT(banned_without_window(3, {5, 1}, {2, 9, 1, 2}), ElementsAre(9));
}

TEST(NoRepeatNgramTest, WithoutAWindowUnigramsBanAllEarlierIds) {
  EXPECT_THAT(banned_without_window(1, {4}, {2, 2, 7}), ElementsAre(2, 4, 7));
}

TEST(NoRepeatNgramTest, BansNothingBeforeAnNgramIsComplete) {
  EXPECT_THAT(banned_without_window(4, {1, 2}, {3}), IsEmpty());
}

TEST(NoRepeatNgramTest, SizeZeroIsOff) {
  EXPECT_THAT(banned_without_window(0, {1, 1}, {1, 1}), IsEmpty());
}

/// Number of ids until the detector finds a loop; 0 if it finds none.
int64_t pushes_until_loop(
    LoopDetector detector,
    const std::vector<int64_t>& period,
    int64_t most) {
  for (int64_t i = 0; i < most; ++i) {
    if (detector.push(period[i % period.size()])) {
      return i + 1;
    }
  }
  return 0;
}

TEST(LoopDetectorTest, FindsAPieceThatRepeatsOftenEnough) {
  EXPECT_EQ(
      pushes_until_loop(
          LoopDetector(/*repeats=*/3, /*min_ids=*/1), {5, 6, 7, 8}, 100),
      12);
}

TEST(LoopDetectorTest, IgnoresShortRepetitionsUntilTheyAreLong) {
  EXPECT_EQ(
      pushes_until_loop(LoopDetector(/*repeats=*/3, /*min_ids=*/40), {5}, 100),
      40);
}

TEST(LoopDetectorTest, FindsALoopThatStartsLate) {
  LoopDetector detector(/*repeats=*/2, /*min_ids=*/1);
  for (const int64_t id : {1, 2, 3, 4, 5, 6, 7, 8}) {
    EXPECT_FALSE(detector.push(id));
  }
  EXPECT_FALSE(detector.push(7));
  EXPECT_TRUE(detector.push(8));
}

TEST(LoopDetectorTest, FindsNothingWhenItIsOff) {
  EXPECT_EQ(
      pushes_until_loop(LoopDetector(/*repeats=*/0, /*min_ids=*/1), {5}, 1000),
      0);
}

TEST(SampleIdTest, FollowsTheProbabilities) {
  const std::vector<float> logits = {std::log(1.0f), std::log(3.0f)};
  GenerationConfig config;
  config.temperature = 1;
  RandomStream random(0, "draw");

  int64_t ones = 0;
  for (int i = 0; i < 10000; ++i) {
    ones += sample_id(logits, config, random);
  }

  // Three quarters, within five standard deviations.
  EXPECT_NEAR(static_cast<double>(ones), 7500, 220);
}

TEST(SampleIdTest, TopKKeepsTheMostLikely) {
  const std::vector<float> logits = {0, 3, 1, 2};
  GenerationConfig config;
  config.temperature = 100;
  config.top_k = 2;
  RandomStream random(0, "draw");

  std::map<int64_t, int> drawn;
  for (int i = 0; i < 200; ++i) {
    ++drawn[sample_id(logits, config, random)];
  }

  EXPECT_EQ(drawn.size(), 2u);
  EXPECT_TRUE(drawn.contains(1) && drawn.contains(3));
}

TEST(SampleIdTest, TopPKeepsTheMostLikelyThatReachIt) {
  const std::vector<float> logits = {
      std::log(0.5f), std::log(0.3f), std::log(0.2f)};
  GenerationConfig config;
  config.temperature = 1;
  config.top_p = 0.7;
  RandomStream random(0, "draw");

  std::map<int64_t, int> drawn;
  for (int i = 0; i < 200; ++i) {
    ++drawn[sample_id(logits, config, random)];
  }

  EXPECT_EQ(drawn.size(), 2u);
  EXPECT_FALSE(drawn.contains(2));
}

TEST(SampleIdTest, NeverSamplesABannedId) {
  const std::vector<float> logits = {
      -std::numeric_limits<float>::infinity(), 0};
  GenerationConfig config;
  config.temperature = 1;
  RandomStream random(0, "draw");

  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(sample_id(logits, config, random), 1);
  }
}

TEST(SampleIdTest, RefusesLogitsWithoutAFiniteValue) {
  const std::vector<float> logits(3, std::nanf(""));
  GenerationConfig config;
  config.temperature = 1;
  RandomStream random(0, "draw");

  EXPECT_THROW(sample_id(logits, config, random), NumericError);
}

} // namespace
} // namespace microfiche::generation
