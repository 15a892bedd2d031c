#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace microfiche {

/// Locks a run folder until destroyed. The operating system releases the lock
/// if the process dies.
class FolderLock {
 public:
  enum class Mode {
    /// No other process may use the folder.
    kExclusive,
    /// Other workers may use it as well.
    kShared,
  };

  /// Makes the folder if it is missing. Throws `IoError` when another process
  /// holds the lock, with `busy` as its message if that is not empty, or when
  /// the file system has no locks.
  explicit FolderLock(
      const std::filesystem::path& folder,
      Mode mode = Mode::kExclusive,
      const std::string& busy = "");
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Claims a task; false if another worker has it. The owner may claim it
  /// again.
  bool try_claim(int64_t task);
  void release(int64_t task);

  /// Runs `action` while no other worker runs its own; waits if necessary.
  void run_exclusively(const std::function<void()>& action);

 private:
  bool lock(int64_t byte, short type);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

} // namespace microfiche
