#pragma once

#include "sweep/sweep.h"

#include <cstdint>
#include <optional>

namespace microfiche::sweep {

/// Which worker the environment says that this process is: by RANK and
/// WORLD_SIZE, as torchrun sets them, and alone without them. Throws
/// `UsageError` for values that make no sense.
Worker worker_of_environment();

/// Makes this process the parent of `count` workers. Returns in each of them
/// what it is, and in the parent nothing, when they have ended and at least one
/// of them has seen the whole run finished.
///
/// A worker that is lost is not replaced: the others do its work. Workers are
/// killed when their parent is, and asked to stop when it is. To be called
/// before this process has a second thread. Throws `Interrupted` in the parent
/// when it was stopped, and `Error` with the exit code of the first worker
/// when none of them finished.
std::optional<Worker> become_workers(int64_t count);

} // namespace microfiche::sweep
