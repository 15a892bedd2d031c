#include "generation/benchmark.h"
#include "generation/speed_summary.h"

#include "core/config.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::generation {
namespace {

using ::testing::SizeIs;

TEST(BenchmarkTest, TimesTheChosenStagesInTheirOrder) {
  auto loaded = tests::make_tiny_model();
  BenchmarkConfig config;
  config.what = {"decode", "encode"};
  config.batch = 2;
  config.steps = 3;
  config.repeat = 2;

  auto timings = time_stages(loaded, loaded.find_mode("t4"), config);

  ASSERT_THAT(timings, SizeIs(2));
  EXPECT_EQ(timings[0].what, "encode");
  EXPECT_EQ(timings[1].what, "decode");
  for (const auto& timing : timings) {
    EXPECT_EQ(timing.mode, "t4");
    EXPECT_EQ(timing.batch, 2);
    EXPECT_GT(timing.seconds.min, 0);
    EXPECT_LE(timing.seconds.min, timing.seconds.median);
    EXPECT_LE(timing.seconds.median, timing.seconds.max);
  }
  // Two pages of four vision tokens; three ids of each page.
  EXPECT_DOUBLE_EQ(
      timings[0].tokens_per_second * timings[0].seconds.median, 2 * 4);
  EXPECT_DOUBLE_EQ(
      timings[1].tokens_per_second * timings[1].seconds.median, 2 * 3);
  EXPECT_THAT(timing_table(timings).rows, SizeIs(2));
}

// 2 layers, keys and values, 32 channels of 4 bytes.
constexpr int64_t kSlotBytes = 2 * 2 * 32 * 4;

TEST(BenchmarkTest, AnAnswerOfManyIdsFillsTheCacheOnlyWithoutAWindow) {
  BenchmarkConfig config;
  config.what = {"decode"};
  config.positions = 10;
  config.outputs = 600;
  config.steps = 3;
  config.repeat = 2;
  auto full = tests::make_tiny_model();
  auto windowed_config = full.config;
  windowed_config.language.sliding_window_size = 8;
  auto windowed = model::make_model(windowed_config, tests::byte_tokenizer());
  const auto mode = full.find_mode("t4");

  EXPECT_EQ(
      time_stages(full, mode, config)[0].kv_cache_bytes,
      (10 + 600 + 3 * 3) * kSlotBytes);
  EXPECT_EQ(
      time_stages(windowed, mode, config)[0].kv_cache_bytes,
      (10 + 8) * kSlotBytes);
}

TEST(SpeedSummaryTest, AnIdReadsTheDenseWeightsAndItsExperts) {
  auto loaded = tests::make_tiny_model();

  // Two attentions of four matrices 32 x 32 with two norms each; a dense layer
  // of three matrices 48 x 32; a router of 4 x 32; a shared and two of four
  // routed experts of three matrices 16 x 32; the last norm and the head.
  const int64_t numbers = 2 * (4 * 32 * 32 + 2 * 32) + 3 * 48 * 32 + 4 * 32 +
      3 * 3 * 16 * 32 + 32 + 260 * 32;
  EXPECT_EQ(weight_bytes_per_id(*loaded.model->decoder), 4 * numbers);
}

TEST(SpeedSummaryTest, TheRowHasTheMeasuredRates) {
  SpeedSummary summary;
  summary.model = "tiny";
  summary.encode.seconds.median = 0.5;
  summary.prefill.tokens_per_second = 200;
  summary.decode.dtype = "int8";
  summary.decode.device = "cpu";
  summary.decode.threads = 2;
  summary.decode.tokens_per_second = 50;
  summary.drafts.drafted.tokens_per_second = 150;
  summary.prefill.peak_memory_bytes = int64_t{3} << 30;
  summary.weight_bytes_per_id = 400'000'000;
  summary.memory_bytes_per_second = 40e9;

  EXPECT_THAT(
      speed_table(summary).rows,
      ::testing::ElementsAre(::testing::ElementsAre(
          "tiny",
          "",
          "int8",
          "2",
          "0.500",
          "200.0",
          "50.0",
          "150.0",
          "3.0 GiB",
          "20.0",
          "50 % of 40.0")));
}

} // namespace
} // namespace microfiche::generation
