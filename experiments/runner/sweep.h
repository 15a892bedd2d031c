#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "experiments/runner/page_reader.h"
#include "experiments/runner/sweep_config.h"

namespace microfiche::experiments {

/// Gives the reader for a cell's model and dtype. Cells of one reader are asked
/// for one after the other, so that only the last one need be kept.
using FindReader = std::function<const PageReader&(const Cell& cell)>;

/// Runs what of a sweep is not yet done.
///
/// A finished page is a line of `samples.jsonl`, written at once, so that a run
/// that was killed goes on where it stopped; what comes out is then the same as
/// of a run that was not, wall times and peak memory aside: pages always share
/// their batch with the same others. Shows progress with the headline metric so
/// far.
///
/// `config.modes` names the modes (see `complete_config`); `counter` counts
/// text tokens; `environment` goes to environment.json. Throws as `begin_run`,
/// and `Interrupted` after Ctrl-C, with what is finished kept.
void run_sweep(
    const SweepConfig& config,
    const FindReader& find_reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const std::filesystem::path& folder);

/// The same with one reader for all cells.
void run_sweep(
    const SweepConfig& config,
    const PageReader& reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const std::filesystem::path& folder);

/// The config with what was left open filled in: the model's default mode, and
/// every style that a style with `vary` stands for. Throws when a mode is
/// unknown to the model and to `own_modes`.
SweepConfig complete_config(SweepConfig config, const PageReader& reader);

} // namespace microfiche::experiments
