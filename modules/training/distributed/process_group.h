#pragma once

#include "training/distributed/rank_info.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace microfiche::training {

// Note [Distributed training]
// `torchrun` starts the same command in several processes, on one machine or
// many, and sets their ranks in environment variables. All processes hold the
// same model. Each reads its own batches, and gradients are summed over all
// processes. Everything uses PyTorch's c10d: its store for barriers and
// heartbeats, and NCCL (GPU) or Gloo (CPU) for tensors.
//
// If a process dies, a collective operation waits forever or fails without
// naming it. So each operation begins with a barrier at the store. Each process
// sends a heartbeat to the store twice per second. A process without a
// heartbeat for `RankInfo::timeout` is lost, and every waiting process throws
// an error that names it.

class HeartbeatMonitor;

/// The processes that train one model; see Note [Distributed training]. All
/// processes call each operation, in the same order. An operation throws
/// `Error` naming the rank that was lost.
class ProcessGroup {
 public:
  /// Connects to the other processes, with NCCL if `device` is a GPU and with
  /// Gloo otherwise, and tests the connection with one sum.
  ProcessGroup(const RankInfo& info, const torch::Device& device);
  ~ProcessGroup();

  int64_t rank() const {
    return info_.rank;
  }
  int64_t size() const {
    return info_.size;
  }

  /// Copies the tensors of rank `from` to all processes, in place.
  void broadcast(const std::vector<torch::Tensor>& tensors, int64_t from = 0);

  /// Sums each tensor over all processes, in place. Tensors of one dtype travel
  /// together in buckets of 25 MB. The order of the sums depends only on the
  /// number of processes.
  void all_reduce_sum(const std::vector<torch::Tensor>& tensors);

  /// Whether `value` is true in at least one process.
  bool any(bool value);

  /// Waits until all processes call it.
  void barrier();

 private:
  class Collectives;

  RankInfo info_;
  torch::Device device_;
  std::unique_ptr<HeartbeatMonitor> monitor_;
  std::unique_ptr<Collectives> collectives_;
};

// For code that also runs without a group, which is null then: as one process
// of rank 0.

inline int64_t rank_of(const ProcessGroup* group) {
  return group == nullptr ? 0 : group->rank();
}

inline int64_t size_of(const ProcessGroup* group) {
  return group == nullptr ? 1 : group->size();
}

inline bool is_first(const ProcessGroup* group) {
  return rank_of(group) == 0;
}

inline void barrier(ProcessGroup* group) {
  if (group != nullptr) {
    group->barrier();
  }
}

} // namespace microfiche::training
