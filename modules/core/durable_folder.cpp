#include "core/durable_folder.h"

#include "core/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace microfiche {

namespace fs = std::filesystem;

void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int failure = fd < 0 || ::fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) {
    ::close(fd);
  }
  // Some network file systems cannot sync a folder.
  const bool done = failure == 0 || failure == EINVAL || failure == ENOTSUP;
  check<IoError>(
      done, folder.string(), ": cannot write: ", std::strerror(failure));
}

void remove_temporary_files(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const auto mark = name.rfind(kTemporaryMark);
    const auto process = mark + kTemporaryMark.size();
    if (mark != std::string::npos &&
        name.find_first_not_of("0123456789", process) == std::string::npos) {
      fs::remove(entry.path(), ignored);
    }
  }
}

} // namespace microfiche
