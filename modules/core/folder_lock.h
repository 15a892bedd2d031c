#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace microfiche {

/// Holds a run folder for a process until destroyed: a lock of the operating
/// system, which ends with the process however that ends.
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

} // namespace microfiche
