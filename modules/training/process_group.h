#pragma once

#include <torch/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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

/// Where a process stands among those that train one model.
struct ProcessPlace {
  int64_t rank = 0;
  int64_t size = 1;

  /// Among those of its machine; the index of its GPU.
  int64_t local_rank = 0;

  /// Where the store is. It is kept by rank 0, or by `torchrun` itself.
  std::string store_host = "127.0.0.1";
  uint16_t store_port = 29500;
  bool has_agent_store = false;

  /// How often `torchrun` has started them anew.
  int64_t restarts = 0;

  /// How long a process may show no sign of life.
  std::chrono::seconds patience{15};
};

/// The place that RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and
/// TORCHELASTIC_* give; nothing where WORLD_SIZE is not set. Throws
/// `InputError` naming the variable that is missing or no number.
std::optional<ProcessPlace> process_place_from_environment();

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
  class Board;
  class Collectives;

  ProcessPlace place_;
  torch::Device device_;
  std::unique_ptr<Board> board_;
  std::unique_ptr<Collectives> collectives_;
};

} // namespace microfiche::training
