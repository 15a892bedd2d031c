#include "kernels/cpu/parallel.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace microfiche::kernels {
namespace {

/// Sets the number of LibTorch threads to two during a test.
class ParallelTest : public ::testing::Test {
 protected:
  ParallelTest() : before_(at::get_num_threads()) {
    at::set_num_threads(2);
  }
  ~ParallelTest() override {
    at::set_num_threads(before_);
  }

 private:
  int before_;
};

TEST_F(ParallelTest, RunsEachItemOnce) {
  for (const int64_t count : {1, 2, 3, 100}) {
    std::vector<std::atomic<int>> seen(count);
    parallel_for(0, count, /*grain=*/1, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        ++seen[i];
      }
    });
    for (const auto& times : seen) {
      EXPECT_EQ(times, 1);
    }
  }
}

TEST_F(ParallelTest, TwoThreadsRunAtTheSameTime) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::set<std::thread::id> threads;
  bool both_ran = true;
  parallel_for(0, 2, /*grain=*/1, [&](int64_t, int64_t) {
    std::unique_lock lock(mutex);
    threads.insert(std::this_thread::get_id());
    arrived.notify_all();
    // The second thread arrives at once, or never.
    both_ran = arrived.wait_for(
                   lock,
                   std::chrono::seconds(20),
                   [&] { return threads.size() == 2; }) &&
        both_ran;
  });
  EXPECT_TRUE(both_ran);
}

TEST_F(ParallelTest, SmallWorkStaysOnThisThread) {
  std::vector<std::thread::id> threads;
  parallel_for(0, 10, /*grain=*/10, [&](int64_t, int64_t) {
    threads.push_back(std::this_thread::get_id());
  });
  EXPECT_EQ(threads, std::vector{std::this_thread::get_id()});
}

TEST_F(ParallelTest, RethrowsWhatABodyThrows) {
  const auto run = [] {
    parallel_for(0, 2, /*grain=*/1, [](int64_t first, int64_t) {
      if (first == 1) {
        throw std::runtime_error("second part");
      }
    });
  };
  EXPECT_THROW(run(), std::runtime_error);
}

} // namespace
} // namespace microfiche::kernels
