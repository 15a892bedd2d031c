#include "data/length_buckets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace microfiche::data {
namespace {

TEST(LengthBucketsTest, LengthsOfABucketDifferByTheSpread) {
  RandomStream random(1, "test");
  std::vector<BucketItem> items;
  for (int64_t i = 0; i < 200; ++i) {
    const double length = random.uniform(1, 1000);
    items.push_back({.length = length, .cost = length});
  }
  const LengthBuckets buckets(items, /*spread=*/1.5);

  for (int64_t batch = 0; batch < 50; ++batch) {
    const auto& bucket = buckets.draw(random);
    double shortest = 1000;
    double longest = 0;
    for (int64_t i = 0; i < 20; ++i) {
      const double length = items[bucket.draw(random)].length;
      shortest = std::min(shortest, length);
      longest = std::max(longest, length);
    }
    EXPECT_LE(longest, 1.5 * shortest);
  }
}

TEST(LengthBucketsTest, ItemsComeByTheirWeightsThoughBatchesOfLongOnesAreFew) {
  const LengthBuckets buckets(
      {{.weight = 1, .length = 10, .cost = 10},
       {.weight = 3, .length = 100, .cost = 100}},
      /*spread=*/2);
  RandomStream random(2, "test");

  std::vector<double> count(2, 0);
  for (int64_t batch = 0; batch < 20'000; ++batch) {
    const auto& bucket = buckets.draw(random);
    const auto rows = std::llround(1000 / bucket.mean_cost());
    for (int64_t i = 0; i < rows; ++i) {
      ++count[bucket.draw(random)];
    }
  }

  // Three to one within five standard deviations of the choice of buckets.
  EXPECT_NEAR(count[1] / count[0], 3, 0.6);
}

TEST(LengthBucketsTest, AnItemWithoutWeightNeverComes) {
  const LengthBuckets buckets(
      {{.weight = 0, .length = 10}, {.weight = 1, .length = 11}},
      /*spread=*/2);
  RandomStream random(3, "test");

  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(buckets.draw(random).draw(random), 1);
  }
}

} // namespace
} // namespace microfiche::data
