#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::training {

/// Which checkpoints of a run are written and kept.
struct CheckpointConfig {
  /// Steps between two checkpoints; 0 for none but those at the end of each
  /// stage and when the run stops.
  int64_t every_steps = 1000;

  /// How many of the newest checkpoints are kept, at least 1; older ones are
  /// removed.
  int64_t keep = 2;

  /// If set, the checkpoint with the best evaluation is kept too and becomes
  /// the final model: the highest mean precision over the evaluation rows whose
  /// names match this pattern, such as "*" or "nano-9/corpus/*". If empty, the
  /// final model is that of the last step.
  std::string best;

  /// Continues training while a checkpoint is written, from a copy of the state
  /// in main memory. Not with `optimizer.shard_state`.
  bool in_background = false;

  /// Maximum size of a file of a checkpoint, in bytes, at least 65536. A larger
  /// tensor gets a file of its own.
  int64_t shard_bytes = 15'000'000;
};

void validate(const CheckpointConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, CheckpointConfig& config) {
  visit("every_steps", config.every_steps);
  visit("keep", config.keep);
  visit("best", config.best);
  visit("in_background", config.in_background);
  visit("shard_bytes", config.shard_bytes);
}

// Note [Checkpoint folders]
// A checkpoint is a folder `checkpoints/step-N` of a run. It is written under a
// temporary name, each file with fsync, and then renamed. After that it is
// complete and never changes. A run that rolled back may reach a step a second
// time; that checkpoint is `step-N.2`. A checkpoint that is no longer kept is
// renamed before its files are removed, and only after the newer ones are
// complete. So a kill at any time leaves only complete checkpoints.

/// A folder with the name of a checkpoint.
struct CheckpointFolder {
  int64_t step = 0;
  /// 1 for the first checkpoint of its step.
  int64_t attempt = 1;
  std::filesystem::path path;
};

/// A run's checkpoints, oldest first. Throws `IoError` if the folder exists and
/// cannot be read.
std::vector<CheckpointFolder> list_checkpoints(
    const std::filesystem::path& run_folder);

/// Creates the temporary folder for the checkpoint of a step. Throws `IoError`
/// if that fails.
std::filesystem::path begin_checkpoint(
    const std::filesystem::path& run_folder,
    int64_t step);

/// The path of that temporary folder.
std::filesystem::path unfinished_checkpoint(
    const std::filesystem::path& run_folder,
    int64_t step);

/// Renames a complete temporary folder to its final path, and returns the path.
/// Throws `IoError` if that fails.
std::filesystem::path commit_checkpoint(
    const std::filesystem::path& unfinished,
    int64_t step);

/// Removes all checkpoints except the newest `keep`, counted back from `step`,
/// which was committed last, and that of `best_step`. Also removes later
/// checkpoints, which the run skipped as broken, and earlier attempts at the
/// same step.
void remove_old_checkpoints(
    const std::filesystem::path& run_folder,
    int64_t step,
    int64_t keep,
    std::optional<int64_t> best_step);

/// Removes the temporary folders of a killed run. No process may be writing a
/// checkpoint of the run.
void remove_unfinished_checkpoints(const std::filesystem::path& run_folder);

} // namespace microfiche::training
