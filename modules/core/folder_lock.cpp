#include "core/folder_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/error.h"
#include "core/stop_signal.h"

namespace microfiche {

namespace fs = std::filesystem;

namespace {

// Each byte of the empty file is one lock.
constexpr int64_t kFolderByte = 0;
constexpr int64_t kExclusiveByte = 1;
constexpr int64_t kFirstTaskByte = 2;

constexpr auto kRetryInterval = std::chrono::milliseconds(50);

} // namespace

FolderLock::FolderLock(
    const fs::path& folder,
    Mode mode,
    const std::string& busy)
    : path_(folder / ".lock") {
  std::error_code error;
  fs::create_directories(folder, error);
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  check<IoError>(
      descriptor_ >= 0, path_.string(), ": cannot write: ", strerror(errno));
  try {
    check<IoError>(
        lock(kFolderByte, mode == Mode::kExclusive ? F_WRLCK : F_RDLCK),
        !busy.empty() ? busy
                      : folder.string() +
                ": another run is writing to this folder; wait for it, or use "
                "another folder with -o");
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

FolderLock::~FolderLock() {
  ::close(descriptor_);
}

bool FolderLock::lock(int64_t byte, short type) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  // Locks of the open file. A process would lose its own locks when it closes
  // any descriptor of the file.
  if (::fcntl(descriptor_, F_OFD_SETLK, &range) == 0) {
    return true;
  }
  check<IoError>(
      errno == EAGAIN || errno == EACCES,
      path_.string(),
      ": cannot lock: ",
      strerror(errno),
      "; use -o with a folder on a file system that supports locks");
  return false;
}

bool FolderLock::try_claim(int64_t task) {
  return lock(kFirstTaskByte + task, F_WRLCK);
}

void FolderLock::release(int64_t task) {
  lock(kFirstTaskByte + task, F_UNLCK);
}

void FolderLock::run_exclusively(const std::function<void()>& action) {
  while (!lock(kExclusiveByte, F_WRLCK)) {
    throw_if_stop_requested();
    std::this_thread::sleep_for(kRetryInterval);
  }
  try {
    action();
  } catch (...) {
    lock(kExclusiveByte, F_UNLCK);
    throw;
  }
  lock(kExclusiveByte, F_UNLCK);
}

} // namespace microfiche
