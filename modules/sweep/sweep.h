#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "sweep/batch_reader.h"
#include "sweep/cell_reader.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {

// Note [Workers of one run]
// Several processes, on one machine or on several with a shared folder, may
// read the pages of one run. They talk through the run folder alone. A piece of
// work is a batch of pages, or an empty page; a worker claims one, reads it,
// appends its rows to files of its own in `workers/N/`, and lets go of it.
// Claims are locks of the operating system on single bytes of the file `.lock`:
// they end with the process that holds them, so that what a killed worker had
// begun is free again at once, without clocks or heartbeats. The worker that
// finds everything finished first puts the rows into the order of the grid.
//
// What this asks of a folder that several machines share: locks on ranges of a
// file that hold across machines, as NFS 4, NFS 3 with its lock daemon, and
// Lustre mounted with `flock` have them. A machine that is lost gives its locks
// back when the server notices, for NFS 4 after 90 s. Nothing wrong comes out
// where locks do not hold: a page that two workers read is one row, the same
// from either; only time is lost.

/// Which of the processes that share a run this one is.
struct Worker {
  /// In [0, count).
  int64_t rank = 0;
  int64_t count = 1;
};

/// Runs what of a sweep is not yet done, and returns when all of it is.
///
/// Pages are finished a batch at a time, and are then lines of a file, so that
/// a run that was killed goes on where it stopped. What comes out is the same,
/// wall times and peak memory aside, as of a run that was not, and with any
/// number of workers: pages always share their batch with the same others, and
/// `samples.jsonl` ends in the order of the grid. Shows progress with the
/// headline metric so far.
///
/// `config.modes` names the modes (see `complete_config`); `counter` counts
/// text tokens; `environment` goes to environment.json. With several workers
/// each of them makes this call, see Note [Workers of one run]. `report` is
/// called when all is done, by one of them. Throws as `begin_run`, and
/// `Interrupted` after Ctrl-C, with what is finished kept.
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

/// The config with what was left open filled in: the model's default mode, and
/// every style that a style with `vary` stands for. Throws when a mode is
/// unknown to the model and to `own_modes`, and for what has no effect on a
/// reader of texts.
SweepConfig complete_config(SweepConfig config, const BatchReader& reader);

} // namespace microfiche::sweep
