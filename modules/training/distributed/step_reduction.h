#pragma once

#include "training/distributed/process_group.h"
#include "training/log/step_record.h"
#include "training/optimizer/parameter.h"

#include <vector>

namespace microfiche::training {

/// Reasons to stop after a step: those of one process, or of any of them after
/// `all_reduce_step`.
struct StopFlags {
  /// Ctrl-C or SIGTERM was received.
  bool stop = false;

  /// `max_minutes` have passed.
  bool out_of_time = false;
};

/// Sums the gradients, scalars and characters of a step over all processes, and
/// combines their stop flags. Each process has already weighted its own values
/// by its share of the batches, so all processes then have what one process
/// with all batches has. A parameter without a gradient in any process keeps
/// none.
StopFlags all_reduce_step(
    ProcessGroup& group,
    const std::vector<Parameter>& parameters,
    StepRecord& record,
    StopFlags flags);

} // namespace microfiche::training
