#pragma once

#include "training/distributed/process_group.h"
#include "training/optimizer/parameter.h"
#include "training/training_config.h"

#include <cstdint>
#include <vector>

namespace microfiche::training {

// Note [Sharded optimizer state]
// With `OptimizerConfig::shard_state` one process owns each parameter. All
// processes hold the parameter and its whole gradient. Only the owner keeps its
// moments, float32 master and moving average, updates it, and broadcasts it. A
// parameter is never split, so Muon has its matrices, and the arithmetic is
// that of one process: on CPUs the results are the same to the bit. Each
// process writes its share of a checkpoint; any number of processes can read
// it.
//
// Source: Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training
// Trillion Parameter Models" (arXiv:1910.02054), P_os.

/// Assigns items to `processes` so that the sums of their sizes are about
/// equal: the largest item goes first, to the process with the smallest sum.
std::vector<int64_t> balance_shares(
    const std::vector<int64_t>& sizes,
    int64_t processes);

/// Sets the owner of each parameter, all of which are trained, so that all
/// processes keep about as many bytes of state.
void assign_owners(
    std::vector<Parameter>& parameters,
    const TrainingConfig& config,
    int64_t processes);

/// Copies each parameter from its owner to all processes. Skips parameters
/// without an owner.
void broadcast(ProcessGroup& group, const std::vector<Parameter>& parameters);

} // namespace microfiche::training
