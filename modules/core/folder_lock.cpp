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

// What the bytes of the file stand for; its contents are nothing.
constexpr int64_t kFolderByte = 0;
constexpr int64_t kTurnByte = 1;
constexpr int64_t kFirstPieceByte = 2;

constexpr auto kTurnInterval = std::chrono::milliseconds(50);

} // namespace

FolderLock::FolderLock(const fs::path& folder, Use use)
    : path_(folder / ".lock") {
  std::error_code error;
  fs::create_directories(folder, error);
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  check<IoError>(
      descriptor_ >= 0, path_.string(), ": cannot write: ", strerror(errno));
  try {
    check<IoError>(
        lock(kFolderByte, use == Use::kAlone ? F_WRLCK : F_RDLCK),
        folder.string(),
        ": another run is writing to this folder; wait for it, or give another "
        "folder with -o");
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
  // Of the open file, not of the process, which would lose them all with the
  // first descriptor of the file that it closes.
  if (::fcntl(descriptor_, F_OFD_SETLK, &range) == 0) {
    return true;
  }
  check<IoError>(
      errno == EAGAIN || errno == EACCES,
      path_.string(),
      ": cannot lock: ",
      strerror(errno),
      "; give a folder on a file system with locks with -o");
  return false;
}

bool FolderLock::try_claim(int64_t piece) {
  return lock(kFirstPieceByte + piece, F_WRLCK);
}

void FolderLock::release(int64_t piece) {
  lock(kFirstPieceByte + piece, F_UNLCK);
}

void FolderLock::in_turn(const std::function<void()>& action) {
  while (!lock(kTurnByte, F_WRLCK)) {
    throw_if_stop_requested();
    std::this_thread::sleep_for(kTurnInterval);
  }
  try {
    action();
  } catch (...) {
    lock(kTurnByte, F_UNLCK);
    throw;
  }
  lock(kTurnByte, F_UNLCK);
}

} // namespace microfiche
