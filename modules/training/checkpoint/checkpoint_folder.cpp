#include "training/checkpoint/checkpoint_folder.h"

#include "core/durable_folder.h"
#include "core/error.h"
#include "training/config_checks.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <tuple>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kWriting = "writing-";
constexpr std::string_view kRemoving = "removing-";

std::string checkpoint_name(int64_t step, int64_t attempt) {
  constexpr size_t kDigits = 8;
  const std::string digits = std::to_string(step);
  const size_t padding = kDigits - std::min(kDigits, digits.size());
  return concat(
      kPrefix,
      std::string(padding, '0'),
      digits,
      attempt > 1 ? "." + std::to_string(attempt) : "");
}

/// The number that all of `text` is, or nothing.
std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, failure] = std::from_chars(text.data(), end, number);
  return failure == std::errc() && parsed == end ? std::optional(number)
                                                 : std::nullopt;
}

/// Nothing for folders with other names.
std::optional<CheckpointFolder> parse_name(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kPrefix)) {
    return std::nullopt;
  }
  const std::string_view numbers =
      std::string_view(name).substr(kPrefix.size());
  const size_t dot = std::min(numbers.find('.'), numbers.size());
  const auto step = whole_number(numbers.substr(0, dot));
  const auto attempt = dot == numbers.size()
      ? std::optional<int64_t>(1)
      : whole_number(numbers.substr(dot + 1));
  return step && attempt
      ? std::optional(CheckpointFolder{*step, *attempt, path})
      : std::nullopt;
}

fs::path checkpoints_of(const fs::path& run_folder) {
  return run_folder / "checkpoints";
}

/// Throws `IoError` with the file system's error for `path`.
void check_written(const std::error_code& error, const fs::path& path) {
  check<IoError>(!error, path.string(), ": cannot write: ", error.message());
}

/// The entries of a run's checkpoints folder; none if it does not exist.
std::vector<fs::path> entries_of(const fs::path& run_folder) {
  const auto folder = checkpoints_of(run_folder);
  std::vector<fs::path> entries;
  try {
    if (fs::exists(folder)) {
      for (const auto& entry : fs::directory_iterator(folder)) {
        entries.push_back(entry.path());
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw IoError(
        concat(folder.string(), ": cannot read: ", error.code().message()));
  }
  return entries;
}

void remove_checkpoint(const fs::path& folder) {
  std::error_code error;
  const auto removed =
      folder.parent_path() / concat(kRemoving, folder.filename().string());
  fs::rename(folder, removed, error);
  check_written(error, folder);
  fs::remove_all(removed, error);
  check_written(error, removed);
}

} // namespace

void validate(const CheckpointConfig& config, const std::string& where) {
  check_at_least(config.every_steps, 0, "every_steps", where);
  check_at_least(config.keep, 1, "keep", where);
  check_at_least(config.shard_bytes, 1 << 16, "shard_bytes", where);
}

std::vector<CheckpointFolder> list_checkpoints(const fs::path& run_folder) {
  std::vector<CheckpointFolder> found;
  for (const auto& entry : entries_of(run_folder)) {
    if (auto folder = parse_name(entry)) {
      found.push_back(std::move(*folder));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.step, a.attempt) < std::tie(b.step, b.attempt);
  });
  return found;
}

fs::path unfinished_checkpoint(const fs::path& run_folder, int64_t step) {
  return checkpoints_of(run_folder) /
      concat(kWriting, checkpoint_name(step, /*attempt=*/1));
}

fs::path begin_checkpoint(const fs::path& run_folder, int64_t step) {
  const auto folder = unfinished_checkpoint(run_folder, step);
  std::error_code error;
  fs::remove_all(folder, error);
  check_written(error, folder);
  fs::create_directories(folder, error);
  check_written(error, folder);
  return folder;
}

fs::path commit_checkpoint(const fs::path& unfinished, int64_t step) {
  const auto folder = unfinished.parent_path();
  std::error_code error;
  int64_t attempt = 1;
  while (fs::exists(folder / checkpoint_name(step, attempt), error)) {
    ++attempt;
  }
  const auto name = folder / checkpoint_name(step, attempt);
  fs::rename(unfinished, name, error);
  check_written(error, name);
  sync_folder(folder);
  return name;
}

void remove_old_checkpoints(
    const fs::path& run_folder,
    int64_t step,
    int64_t keep,
    std::optional<int64_t> best_step) {
  auto folders = list_checkpoints(run_folder);
  std::reverse(folders.begin(), folders.end());
  std::optional<int64_t> previous_step;
  int64_t kept = 0;
  for (const auto& folder : folders) {
    const bool newest_of_step =
        folder.step <= step && folder.step != previous_step;
    previous_step = folder.step;
    if (newest_of_step && (kept < keep || folder.step == best_step)) {
      ++kept;
    } else {
      remove_checkpoint(folder.path);
    }
  }
}

void remove_unfinished_checkpoints(const fs::path& run_folder) {
  for (const auto& entry : entries_of(run_folder)) {
    const std::string name = entry.filename().string();
    if (name.starts_with(kWriting) || name.starts_with(kRemoving)) {
      std::error_code error;
      fs::remove_all(entry, error);
      check_written(error, entry);
    }
  }
}

} // namespace microfiche::training
