#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "sweep/sample.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {

/// The contents of a run folder.
struct Run {
  std::filesystem::path folder;
  SweepConfig config;
  Json environment;
  std::vector<Sample> samples;
  std::vector<BlankReading> blanks;
};

/// Reads a run folder, also while the run is in progress. Throws `InputError`
/// for any other folder, and as `read_rows` does.
Run read_run(const std::filesystem::path& folder);

/// Begins a run in a folder, or resumes it: writes config.json and
/// environment.json if they do not exist, and removes a half-written row of a
/// killed run.
///
/// Throws `InputError` when the folder holds a run with another config or
/// another model, naming the first field that differs.
void begin_run(
    const std::filesystem::path& folder,
    const SweepConfig& config,
    const Json& environment);

/// The file of a sample's page image, if it was kept.
std::filesystem::path picture_path(
    const std::filesystem::path& folder,
    const Sample& sample);

} // namespace microfiche::sweep
