#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "sweep/run/batch_reader.h"
#include "sweep/run/cell_reader.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {

// Note [Workers of one run]
// Several processes, on one machine or on several with a shared folder, may
// read the pages of one run. They communicate only through the run folder. A
// piece of work is a batch of pages, or an empty page. A worker claims a piece,
// reads it, appends its rows to its own files in `workers/N/`, and releases it.
// Claims are locks of the operating system on single bytes of the file `.lock`.
// They end with their process, so that the work of a killed worker is free
// again at once, without clocks or heartbeats. The first worker that finds
// everything finished sorts the rows into the order of the grid.
//
// If several machines share the folder, its file system must have locks on
// ranges of a file that hold across machines: NFS 4, NFS 3 with its lock
// daemon, and Lustre mounted with `flock` have them. The server frees the locks
// of a lost machine, with NFS 4 after 90 s. Without such locks the results are
// still right: two workers may read the same page, which becomes one row. Only
// time is lost.

/// One of the processes that share a run.
struct Worker {
  /// In [0, count).
  int64_t rank = 0;
  int64_t count = 1;
};

/// Runs the unfinished part of a sweep, and returns when the whole sweep is
/// finished.
///
/// Each finished batch is written to a file, so that a killed run resumes after
/// its last batch. Except for wall times and peak memory, the results do not
/// depend on interruptions or on the number of workers: batches are always the
/// same, and `samples.jsonl` ends in the order of the grid. Shows progress with
/// the headline metric so far.
///
/// `config.modes` names the modes (see `complete_config`); `counter` counts
/// text tokens; `environment` goes to environment.json. Each of several workers
/// makes this call, see Note [Workers of one run]. One of them calls `report`
/// when everything is finished. Throws as `begin_run` and `CellReader`, and
/// `Interrupted` after Ctrl-C; finished pages are kept.
void run_sweep(
    const SweepConfig& config,
    const FindReader& find_reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const std::filesystem::path& folder,
    const Worker& worker = {},
    const std::function<void()>& report = [] {});

/// The same with one reader for all cells.
void run_sweep(
    const SweepConfig& config,
    BatchReader& reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const std::filesystem::path& folder);

/// The config with its open fields filled in: the model's default mode, and all
/// styles of a style with `vary`. Throws for a mode that neither the model nor
/// `own_modes` has, and for fields without effect on a reader of texts.
SweepConfig complete_config(SweepConfig config, const BatchReader& reader);

} // namespace microfiche::sweep
