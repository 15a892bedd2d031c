#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace microfiche::training {

// Note [Checkpoint folders]
// A checkpoint is a folder `checkpoints/step-N` of a run. It is written under
// another name, file after file, each with fsync, and then renamed: from then
// on it is there, whole, and nothing ever writes into it again. A run that went
// back may come to a step a second time; that one is `step-N.2`. What is no
// longer kept is first renamed, so that a kill leaves no half-removed one
// either, and only after the newer ones are there.

/// A folder that was named as a checkpoint is.
struct CheckpointFolder {
  int64_t step = 0;
  /// 1 for the first of its step.
  int64_t attempt = 1;
  std::filesystem::path path;
};

/// A run's checkpoints, oldest first. Throws `IoError` when the folder is there
/// and cannot be read.
std::vector<CheckpointFolder> list_checkpoints(
    const std::filesystem::path& run_folder);

/// Makes an empty folder to write the checkpoint of a step into. Throws
/// `IoError` when that fails.
std::filesystem::path begin_checkpoint(
    const std::filesystem::path& run_folder,
    int64_t step);

/// Where that folder is or will be.
std::filesystem::path unfinished_checkpoint(
    const std::filesystem::path& run_folder,
    int64_t step);

/// Gives a folder of `begin_checkpoint`, which is complete now, its name, and
/// returns that. Throws `IoError` when that fails.
std::filesystem::path commit_checkpoint(
    const std::filesystem::path& unfinished,
    int64_t step);

/// Leaves of a run's checkpoints the newest `keep` and that of `best_step`,
/// counted back from `step`, which was committed last. Later ones, which the
/// run passed over as broken, and earlier attempts at the same step go too.
void remove_old_checkpoints(
    const std::filesystem::path& run_folder,
    int64_t step,
    int64_t keep,
    std::optional<int64_t> best_step);

/// Removes what a killed run left half-written or half-removed. Nobody may be
/// writing a checkpoint of the run.
void remove_unfinished_checkpoints(const std::filesystem::path& run_folder);

} // namespace microfiche::training
