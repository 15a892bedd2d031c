#include "decoder/cpu/channel_tasks.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace microfiche::decoder {
namespace {

class ChannelTasksTest : public ::testing::TestWithParam<int> {};

TEST_P(ChannelTasksTest, RunsEachChannelOnce) {
  const std::vector<int64_t> products = {1, 0, 64, 896, 129281};
  std::vector<std::vector<std::atomic<int>>> seen;
  ChannelTasks tasks;
  for (const int64_t channels : products) {
    seen.emplace_back(channels);
    tasks.add(channels, /*weights_per_channel=*/1280);
  }

  const int before = at::get_num_threads();
  at::set_num_threads(GetParam());
  kernels::run_team([&](kernels::TeamMember& member) {
    tasks.run(member, [&](int64_t product, int64_t begin, int64_t end) {
      EXPECT_LT(begin, end);
      for (int64_t i = begin; i < end; ++i) {
        ++seen[product][i];
      }
    });
  });
  at::set_num_threads(before);

  for (const auto& channels : seen) {
    for (const auto& times : channels) {
      ASSERT_EQ(times, 1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ChannelTasksTest, ::testing::Values(1, 2, 5));

} // namespace
} // namespace microfiche::decoder
