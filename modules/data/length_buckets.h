#pragma once

#include "core/random.h"

#include <cstddef>
#include <vector>

namespace microfiche::data {

/// What can be drawn, by its number in a list.
struct BucketItem {
  /// How often it comes, over the others' weights.
  double weight = 1;

  /// What items of a bucket have in common, and what a batch has room for; both
  /// above 0.
  double length = 1;
  double cost = 1;
};

/// Items of about one length, from which a batch is drawn, so that it needs
/// little padding.
class LengthBucket {
 public:
  void add(size_t number, const BucketItem& item);

  /// The number of an item, drawn by its weight.
  size_t draw(RandomStream& random) const;

  /// The cost of an item that is drawn, on average.
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

  /// A bucket for a batch. Batches of long items hold few and those of short
  /// ones many, so buckets come by the cost of all that is in them: then every
  /// item comes as often as its weight says.
  const LengthBucket& draw(RandomStream& random) const;

 private:
  std::vector<LengthBucket> buckets_;
};

} // namespace microfiche::data
