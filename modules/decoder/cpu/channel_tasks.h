#pragma once

#include "kernels/cpu/linear.h"
#include "kernels/cpu/thread_team.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace microfiche::decoder {

// Note [Contiguous tasks per thread]
// Each thread owns one contiguous range of channels and takes its tasks in
// order, because memory reaches its full speed only on contiguous reads of
// about a megabyte. Two threads that alternate between blocks of 64 KiB read at
// two thirds of that speed.

/// Cuts the output channels of several matrix products into tasks for a team.
class ChannelTasks {
 public:
  /// Adds a product with `channels` output channels of `weights_per_channel`
  /// weights.
  void add(int64_t channels, int64_t weights_per_channel) {
    const int64_t steps = kWeightsPerTask / weights_per_channel / kStep;
    products_.push_back({channels, std::max<int64_t>(1, steps) * kStep});
  }

  /// Adds the product with a weight: a `RawWeight` or `kernels::LinearProduct`.
  /// Tasks of int4 have twice as many weights, which are as many bytes as in
  /// int8.
  template <typename Weight>
  void add(const Weight& weight) {
    add(weight.out,
        weight.type == kernels::WeightType::kInt4 ? weight.in / 2 : weight.in);
  }

  /// Calls `work(product, begin, end)` for tasks of this phase until none is
  /// left. `product` counts the calls of `add`.
  template <typename Work>
  void run(kernels::TeamMember& member, const Work& work) const {
    for (int64_t i = 0; i < member.count(); ++i) {
      run_queue(member, (member.index() + i) % member.count(), work);
    }
  }

 private:
  struct Product {
    int64_t channels;
    int64_t channels_per_task;

    /// The first channel of a member's queue.
    int64_t begin(int64_t queue, int64_t count) const {
      return queue == count ? channels
                            : channels * queue / count / kStep * kStep;
    }
  };

  template <typename Work>
  void run_queue(kernels::TeamMember& member, int64_t queue, const Work& work)
      const {
    int64_t before = 0;
    int64_t task = member.next_task(queue);
    for (size_t i = 0; i < products_.size(); ++i) {
      const auto& product = products_[i];
      const int64_t size = product.channels_per_task;
      const int64_t begin = product.begin(queue, member.count());
      const int64_t end = product.begin(queue + 1, member.count());
      const int64_t tasks = (end - begin + size - 1) / size;
      for (; task < before + tasks; task = member.next_task(queue)) {
        const int64_t first = begin + (task - before) * size;
        work(static_cast<int64_t>(i), first, std::min(first + size, end));
      }
      before += tasks;
    }
  }

  static constexpr int64_t kWeightsPerTask = 1 << 16;
  /// The most channels that a product computes together. Tasks begin at
  /// multiples of it, so that sums do not depend on the number of threads.
  static constexpr int64_t kStep = 16;

  std::vector<Product> products_;
};

} // namespace microfiche::decoder
