#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "sweep/sample.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {

/// What a run folder holds.
struct Run {
  std::filesystem::path folder;
  SweepConfig config;
  Json environment;
  std::vector<Sample> samples;
  std::vector<BlankReading> blanks;
};

/// Reads a run folder, also that of a run at work. Throws `InputError` for a
/// folder that is none, and as `read_rows` does.
Run read_run(const std::filesystem::path& folder);

/// Begins a run in a folder, or goes on with the one that is there: writes
/// config.json and environment.json if they are not there, and cuts off what a
/// killed run left half-written.
///
/// Throws `InputError` when the folder holds a run with another config or
/// another model, naming the first field that differs.
void begin_run(
    const std::filesystem::path& folder,
    const SweepConfig& config,
    const Json& environment);

/// Where the picture of a sample is kept.
std::filesystem::path picture_path(
    const std::filesystem::path& folder,
    const Sample& sample);

} // namespace microfiche::sweep
