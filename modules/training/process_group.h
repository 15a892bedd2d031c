#pragma once

#include "training/process_place.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace microfiche::training {

// Note [Several processes]
// `torchrun` starts the same command several times, on one machine or many, and
// tells each process its place by environment variables. All hold the same
// model; each reads batches of its own, and gradients are added up over all of
// them. What c10d brings is used: its store as a notice board, and NCCL on GPUs
// or Gloo on CPUs for tensors.
//
// A collective operation waits for ever, or fails without a name, when a
// process is gone. So every one begins with a roll call at the store, where
// each process writes a beat twice a second; one whose beat has stood still for
// `ProcessPlace::patience` is lost, and is named to all that wait for it.

class ProcessBoard;

/// The processes that train one model; see Note [Several processes]. Each
/// operation is called by all of them, in the same order, and throws `Error`
/// naming the rank that was lost.
class ProcessGroup {
 public:
  /// Meets the others, with NCCL where `device` is a GPU and Gloo elsewhere,
  /// and tries them out with one sum.
  ProcessGroup(const ProcessPlace& place, const torch::Device& device);
  ~ProcessGroup();

  int64_t rank() const {
    return place_.rank;
  }
  int64_t size() const {
    return place_.size;
  }
  bool is_first() const {
    return place_.rank == 0;
  }

  /// Gives all the tensors that process `from` has, in place.
  void broadcast(const std::vector<torch::Tensor>& tensors, int64_t from = 0);

  /// Adds each tensor up over all processes, in place. Those of one dtype
  /// travel together in buckets of 25 MB. The order of sums depends on the
  /// number of processes alone.
  void add_up(const std::vector<torch::Tensor>& tensors);

  /// Whether it is true for one of them.
  bool any(bool mine);

  /// Returns when all have come here.
  void wait_for_all();

 private:
  class Collectives;

  ProcessPlace place_;
  torch::Device device_;
  std::unique_ptr<ProcessBoard> board_;
  std::unique_ptr<Collectives> collectives_;
};

} // namespace microfiche::training
