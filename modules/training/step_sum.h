#pragma once

#include "training/parameter.h"
#include "training/process_group.h"
#include "training/step_record.h"

#include <vector>

namespace microfiche::training {

/// What a process wants, and after a step what one of them wanted.
struct StepWishes {
  /// Somebody pressed Ctrl-C, or sent SIGTERM.
  bool stop = false;

  /// `max_minutes` are over.
  bool out_of_time = false;
};

/// Adds a step's gradients, numbers and characters up over all processes, each
/// of which has weighted its own by its share of the batches, and gathers what
/// they wish: afterwards all have the same, as one process with all batches
/// has. A weight that no process has a gradient for keeps none.
StepWishes add_up_step(
    ProcessGroup& group,
    const std::vector<Parameter>& parameters,
    StepRecord& record,
    StepWishes wishes);

} // namespace microfiche::training
