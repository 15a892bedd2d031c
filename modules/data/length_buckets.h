#pragma once

#include "core/random.h"

#include <cstddef>
#include <vector>

namespace microfiche::data {

/// An item that can be drawn.
struct BucketItem {
  /// Its frequency relative to the other items.
  double weight = 1;

  /// Items of a bucket have similar lengths; the costs of a batch are limited.
  /// Both are above 0.
  double length = 1;
  double cost = 1;
};

/// Items of similar length. A batch is drawn from one bucket, so that it needs
/// little padding.
class LengthBucket {
 public:
  void add(size_t number, const BucketItem& item);

  /// The index of an item, drawn by its weight.
  size_t draw(RandomStream& random) const;

  /// The mean cost of a drawn item.
  double mean_cost() const {
    return cost_ / ends_.back();
  }

  /// The sum of all items' weighted costs.
  double cost() const {
    return cost_;
  }

 private:
  std::vector<size_t> numbers_;
  /// Sums of the weights up to each item.
  std::vector<double> ends_;
  double cost_ = 0;
};

/// Items by length.
class LengthBuckets {
 public:
  /// Lengths of a bucket differ by up to the factor `spread`, above 1.
  LengthBuckets(const std::vector<BucketItem>& items, double spread);

  /// A bucket for a batch, drawn by the total cost of its items. Batches of
  /// long items have few items and those of short ones many, so that every item
  /// is drawn as often as its weight states.
  const LengthBucket& draw(RandomStream& random) const;

 private:
  std::vector<LengthBucket> buckets_;
};

} // namespace microfiche::data
