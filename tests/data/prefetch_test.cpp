#include "data/prefetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

namespace microfiche::data {
namespace {

using ::testing::ThrowsMessage;

Prefetcher<int64_t>::Make squares() {
  return [](int64_t index) { return index * index; };
}

TEST(PrefetcherTest, GivesItemsInOrderWhoeverMakesThem) {
  Prefetcher<int64_t> prefetcher(
      [] {
        return [](int64_t index) {
          // Later items are ready first.
          std::this_thread::sleep_for(
              std::chrono::microseconds(200 * (7 - index % 8)));
          return index;
        };
      },
      /*num_workers=*/4,
      /*ahead=*/8);

  for (int64_t i = 0; i < 64; ++i) {
    EXPECT_EQ(prefetcher.next(), i);
  }
}

TEST(PrefetcherTest, BeginsWhereItIsAskedTo) {
  Prefetcher<int64_t> prefetcher(squares, 2, 4, /*first=*/10);

  EXPECT_EQ(prefetcher.next(), 100);
  EXPECT_EQ(prefetcher.next(), 121);
}

TEST(PrefetcherTest, StaysWithinItsLimitWhenNobodyTakes) {
  std::atomic<int64_t> made = 0;
  Prefetcher<int64_t> prefetcher(
      [&] { return [&](int64_t index) { return made.fetch_add(1), index; }; },
      /*num_workers=*/4,
      /*ahead=*/3);

  std::this_thread::sleep_for(std::chrono::milliseconds(50));

  EXPECT_LE(made.load(), 3);
}

TEST(PrefetcherTest, ThrowsWhatAWorkerThrewAndGoesOn) {
  Prefetcher<int64_t> prefetcher(
      [] {
        return [](int64_t index) {
          return index == 2 ? throw std::runtime_error("page 2") : index;
        };
      },
      /*num_workers=*/2,
      /*ahead=*/4);

  EXPECT_EQ(prefetcher.next(), 0);
  EXPECT_EQ(prefetcher.next(), 1);
  EXPECT_THAT(
      [&] { prefetcher.next(); }, ThrowsMessage<std::runtime_error>("page 2"));
  EXPECT_EQ(prefetcher.next(), 3);
}

TEST(PrefetcherTest, StopsWithItemsThatNobodyTook) {
  Prefetcher<int64_t> prefetcher(squares, 4, 16);

  EXPECT_EQ(prefetcher.next(), 0);
  // The destructor joins workers that wait for room.
}

TEST(PrefetcherTest, GivesEachWorkerAStateOfItsOwn) {
  std::atomic<int64_t> workers = 0;
  Prefetcher<int64_t> prefetcher(
      [&] {
        const int64_t worker = workers.fetch_add(1);
        return [worker](int64_t) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          return worker;
        };
      },
      /*num_workers=*/3,
      /*ahead=*/6);

  std::set<int64_t> seen;
  for (int64_t i = 0; i < 60; ++i) {
    seen.insert(prefetcher.next());
  }

  EXPECT_EQ(seen, (std::set<int64_t>{0, 1, 2}));
}

} // namespace
} // namespace microfiche::data
