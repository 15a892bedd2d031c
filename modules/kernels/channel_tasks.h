#pragma once

#include "kernels/thread_team.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace microfiche::kernels {

// Note [Shares in one piece]
// A member's share of a product is one run of channels, and it takes its tasks
// in their order: memory is read at full speed only where it goes on for a
// megabyte. Two threads that take turns on runs of 64 KiB read at two thirds of
// it.

/// Output channels of several products, cut into tasks for a team.
class ChannelTasks {
 public:
  /// A product of `channels`, with so many weights each.
  void add(int64_t channels, int64_t weights_per_channel) {
    const int64_t steps = kWeightsPerTask / weights_per_channel / kStep;
    products_.push_back({channels, std::max<int64_t>(1, steps) * kStep});
  }

  /// Calls `work(product, begin, end)` for tasks of one member until none of
  /// the phase are left; `product` counts calls of `add`.
  template <typename Work>
  void run(TeamMember& member, const Work& work) const {
    for (int64_t i = 0; i < member.count(); ++i) {
      run_share(member, (member.index() + i) % member.count(), work);
    }
  }

 private:
  struct Product {
    int64_t channels;
    int64_t channels_per_task;

    /// Where the share of a member begins.
    int64_t begin(int64_t share, int64_t count) const {
      return share == count ? channels
                            : channels * share / count / kStep * kStep;
    }
  };

  template <typename Work>
  void run_share(TeamMember& member, int64_t share, const Work& work) const {
    int64_t before = 0;
    int64_t task = member.take(share);
    for (size_t i = 0; i < products_.size(); ++i) {
      const auto& product = products_[i];
      const int64_t size = product.channels_per_task;
      const int64_t begin = product.begin(share, member.count());
      const int64_t end = product.begin(share + 1, member.count());
      const int64_t tasks = (end - begin + size - 1) / size;
      for (; task < before + tasks; task = member.take(share)) {
        const int64_t first = begin + (task - before) * size;
        work(static_cast<int64_t>(i), first, std::min(first + size, end));
      }
      before += tasks;
    }
  }

  static constexpr int64_t kWeightsPerTask = 1 << 16;
  /// Channels that products take together at most. Tasks begin at multiples of
  /// it, so that sums do not depend on the number of threads.
  static constexpr int64_t kStep = 16;

  std::vector<Product> products_;
};

} // namespace microfiche::kernels
