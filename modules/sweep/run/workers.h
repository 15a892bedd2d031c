#pragma once

#include "sweep/run/sweep.h"

#include <cstdint>
#include <optional>

namespace microfiche::sweep {

/// The worker that the environment states with RANK and WORLD_SIZE, as torchrun
/// sets them; the only worker without them. Throws `UsageError` for invalid
/// values.
Worker worker_of_environment();

/// Forks `count` workers. Each worker returns its rank. The parent returns
/// nothing after all workers have ended and at least one finished the run.
///
/// A lost worker is not replaced: the others do its work. The workers die with
/// their parent, and it passes SIGTERM and Ctrl-C on to them. Call this before
/// the process has a second thread. In the parent it throws `Interrupted` if it
/// was stopped, and `Error` with the exit code of the first worker if no worker
/// finished.
std::optional<Worker> become_workers(int64_t count);

} // namespace microfiche::sweep
