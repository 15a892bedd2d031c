#include "server/http/connection_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <latch>
#include <thread>

namespace microfiche::server {
namespace {

using namespace std::chrono_literals;

void wait_until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!holds()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    std::this_thread::sleep_for(1ms);
  }
}

TEST(ConnectionThreadsTest, AConnectionWaitsOnlyIfThereCanBeNoMoreThreads) {
  std::atomic<int64_t> waiting = 0;
  std::atomic<int64_t> served = 0;
  std::latch end(1);
  ConnectionThreads threads(/*max_threads=*/3, waiting);
  const auto serve = [&] {
    ++served;
    end.wait();
  };

  // Idle connections are closed for those that wait, so none may seem to.
  for (int i = 0; i < 2; ++i) {
    threads.enqueue(serve);
    EXPECT_LE(waiting, 0);
  }
  threads.enqueue(serve);
  wait_until([&] { return served == 3; });
  EXPECT_LE(waiting, 0);
  threads.enqueue(serve);
  EXPECT_EQ(waiting, 1);

  end.count_down();
  wait_until([&] { return served == 4; });
  EXPECT_LE(waiting, 0);
  threads.shutdown();
}

} // namespace
} // namespace microfiche::server
