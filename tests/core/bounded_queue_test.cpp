#include "core/bounded_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace microfiche {
namespace {

TEST(BoundedQueueTest, GivesItemsInTheirOrder) {
  BoundedQueue<int> queue(2);

  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));

  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
}

TEST(BoundedQueueTest, CarriesItemsThatCannotBeCopied) {
  BoundedQueue<std::unique_ptr<int>> queue(1);

  queue.push(std::make_unique<int>(3));

  EXPECT_EQ(**queue.pop(), 3);
}

TEST(BoundedQueueTest, AClosedQueueIsDrainedThenEmpty) {
  BoundedQueue<int> queue(2);
  queue.push(1);

  queue.close();

  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueueTest, AClosedQueueTakesNoMore) {
  BoundedQueue<int> queue(2);

  queue.close();

  EXPECT_FALSE(queue.push(1));
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueueTest, ClosingWakesAWriterThatWaitsForRoom) {
  BoundedQueue<int> queue(1);
  queue.push(1);
  bool taken = true;
  std::thread writer([&] { taken = queue.push(2); });

  queue.close();
  writer.join();

  EXPECT_FALSE(taken);
}

TEST(BoundedQueueTest, ClosingWakesAReaderThatWaitsForAnItem) {
  BoundedQueue<int> queue(1);
  std::optional<int> item = 0;
  std::thread reader([&] { item = queue.pop(); });

  queue.close();
  reader.join();

  EXPECT_EQ(item, std::nullopt);
}

TEST(BoundedQueueTest, NeverHoldsMoreThanItsCapacity) {
  constexpr int kCapacity = 3;
  BoundedQueue<int> queue(kCapacity);
  std::atomic<int> pushed = 0;
  std::thread writer([&] {
    while (queue.push(0)) {
      ++pushed;
    }
  });

  // One more push may be done than counted, and none than there is room for.
  int most_held = 0;
  for (int popped = 1; popped <= 10000; ++popped) {
    queue.pop();
    most_held = std::max(most_held, pushed - popped);
  }
  queue.close();
  writer.join();

  EXPECT_LE(most_held, kCapacity);
}

// A million operations under the thread sanitizer.
TEST(BoundedQueueTest, LosesAndDoublesNothingBetweenManyThreads) {
  constexpr int64_t kWriters = 2;
  constexpr int64_t kReaders = 2;
  constexpr int64_t kItems = 250000;
  BoundedQueue<int64_t> queue(64);
  std::atomic<int64_t> count = 0;
  std::atomic<int64_t> sum = 0;

  std::vector<std::thread> readers;
  for (int64_t i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      while (const auto item = queue.pop()) {
        ++count;
        sum += *item;
      }
    });
  }
  std::vector<std::thread> writers;
  for (int64_t i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      for (int64_t item = i; item < kWriters * kItems; item += kWriters) {
        queue.push(item);
      }
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  queue.close();
  for (auto& reader : readers) {
    reader.join();
  }

  constexpr int64_t kAll = kWriters * kItems;
  EXPECT_EQ(count, kAll);
  EXPECT_EQ(sum, kAll * (kAll - 1) / 2);
}

} // namespace
} // namespace microfiche
