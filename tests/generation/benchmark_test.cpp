#include "generation/benchmark.h"

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

} // namespace
} // namespace microfiche::generation
