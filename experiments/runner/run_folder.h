#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "experiments/runner/sample.h"
#include "experiments/runner/sweep_config.h"

namespace microfiche::experiments {

/// Holds a folder for one process until destroyed, so that two sweeps never
/// write to the same one.
class FolderLock {
 public:
  /// Makes the folder if need be. Throws `IoError` when another process holds
  /// it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// What a run folder holds.
struct Run {
  std::filesystem::path folder;
  SweepConfig config;
  Json environment;
  std::vector<Sample> samples;
  std::vector<BlankReading> blanks;
};

/// Reads a run folder. A last line without its end, which a killed run may
/// leave, is passed over. Throws `InputError` for a folder that is none, and
/// naming file and line for anything malformed.
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

} // namespace microfiche::experiments
