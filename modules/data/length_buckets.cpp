#include "data/length_buckets.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>

namespace microfiche::data {

void LengthBucket::add(size_t number, const BucketItem& item) {
  numbers_.push_back(number);
  ends_.push_back((ends_.empty() ? 0 : ends_.back()) + item.weight);
  cost_ += item.weight * item.cost;
}

size_t LengthBucket::draw(RandomStream& random) const {
  const double place = random.uniform(0, ends_.back());
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), place);
  // Rounding may put the place at the very end.
  const auto last = static_cast<std::ptrdiff_t>(ends_.size()) - 1;
  return numbers_[std::min(end - ends_.begin(), last)];
}

LengthBuckets::LengthBuckets(
    const std::vector<BucketItem>& items,
    double spread) {
  std::map<int64_t, LengthBucket> by_length;
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].weight > 0) {
      const auto bucket = static_cast<int64_t>(
          std::floor(std::log(items[i].length) / std::log(spread)));
      by_length[bucket].add(i, items[i]);
    }
  }
  for (auto& [length, bucket] : by_length) {
    buckets_.push_back(std::move(bucket));
  }
}

const LengthBucket& LengthBuckets::draw(RandomStream& random) const {
  double sum = 0;
  for (const auto& bucket : buckets_) {
    sum += bucket.cost();
  }
  double place = random.uniform(0, sum);
  for (const auto& bucket : buckets_) {
    if (place < bucket.cost()) {
      return bucket;
    }
    place -= bucket.cost();
  }
  return buckets_.back();
}

} // namespace microfiche::data
