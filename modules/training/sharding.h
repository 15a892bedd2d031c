#pragma once

#include "training/parameter.h"
#include "training/process_group.h"
#include "training/training_config.h"

#include <cstdint>
#include <vector>

namespace microfiche::training {

// Note [Sharded optimizer state]
// With `OptimizerConfig::shard_state` each parameter belongs to one of the
// processes. All of them hold it and have its whole gradient, but its owner
// alone keeps moments, float32 master and moving average, updates it, and sends
// it to the others. A parameter is never split, so Muon has its matrices, and
// the arithmetic is that of a process that owns everything: on CPUs the results
// are the same to the bit. A checkpoint is written by all, each its share, and
// read by any number of them.
//
// Source: Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training
// Trillion Parameter Models" (arXiv:1910.02054), P_os.

/// Which of `processes` gets each item, so that their sums are about equal: the
/// largest item goes first, to whoever has least.
std::vector<int64_t> balance_shares(
    const std::vector<int64_t>& sizes,
    int64_t processes);

/// Gives each of the parameters, all of which are trained, an owner, so that
/// all processes keep about as many bytes of state.
void assign_owners(
    std::vector<Parameter>& parameters,
    const TrainingConfig& config,
    int64_t processes);

/// Gives all processes the parameters as their owners have them; passes over
/// those that have none.
void share_parameters(
    ProcessGroup& group,
    const std::vector<Parameter>& parameters);

} // namespace microfiche::training
