#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace microfiche::experiments {

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

/// Holds a run folder for a process until destroyed.
class FolderLock {
 public:
  enum class Use {
    /// No other process may use the folder.
    kAlone,
    /// Other workers may.
    kShared,
  };

  /// Makes the folder if need be. Throws `IoError` when another process holds
  /// it, or when the file system has no locks.
  explicit FolderLock(
      const std::filesystem::path& folder,
      Use use = Use::kAlone);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Takes a piece of work; false where another worker has it. The holder may
  /// take it again.
  bool try_claim(int64_t piece);
  void release(int64_t piece);

  /// Runs `action` while no other worker is in its own turn; waits for it.
  void in_turn(const std::function<void()>& action);

 private:
  bool lock(int64_t byte, short type);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

} // namespace microfiche::experiments
