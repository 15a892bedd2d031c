#include "core/files.h"

#include "core/durable_folder.h"
#include "core/error.h"
#include "core/terminal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace microfiche {
namespace {

namespace fs = std::filesystem;

/// Closes the descriptor when destroyed.
struct Descriptor {
  int fd;
  explicit Descriptor(int fd) : fd(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) {
      ::close(fd);
    }
  }
};

/// The message for a failed write of `bytes` bytes; `error` is an errno.
std::string write_failure(const fs::path& path, size_t bytes, int error) {
  const auto text =
      concat(path.string(), ": cannot write: ", std::strerror(error));
  const auto folder = path.has_parent_path() ? path.parent_path() : ".";
  struct statvfs disk = {};
  if (error != ENOSPC || ::statvfs(folder.c_str(), &disk) != 0) {
    return text;
  }
  const auto free = disk.f_bavail * disk.f_frsize;
  return concat(text, " for ", bytes, " bytes, ", free, " are free");
}

void write_all(int fd, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      throw IoError(write_failure(path, bytes.size(), errno));
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void make_parent(const fs::path& path) {
  const auto parent = path.parent_path();
  if (parent.empty()) {
    return;
  }
  std::error_code error;
  fs::create_directories(parent, error);
  check<IoError>(
      !error, parent.string(), ": cannot make the folder: ", error.message());
}

Descriptor open_for_reading(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  check(fd >= 0, path.string(), ": cannot read: ", std::strerror(errno));
  return Descriptor(fd);
}

/// Errors name `path`; `opened` may be its temporary file.
Descriptor
open_for_writing(const fs::path& opened, const fs::path& path, int flags) {
  const int fd = ::open(opened.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644);
  check<IoError>(
      fd >= 0, path.string(), ": cannot write: ", std::strerror(errno));
  return Descriptor(fd);
}

/// Whether the path is something other than a file or a folder, such as a pipe
/// or /dev/null, which a rename would replace.
bool is_special(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return !error && fs::is_other(status);
}

struct stat describe(const Descriptor& file, const fs::path& path) {
  struct stat status = {};
  check(
      ::fstat(file.fd, &status) == 0,
      path.string(),
      ": cannot read: ",
      std::strerror(errno));
  check(
      !S_ISDIR(status.st_mode),
      path.string(),
      ": is a folder, expected a file");
  return status;
}

/// A file, or standard input, that is read in pieces.
class InputFile {
 public:
  explicit InputFile(const fs::path& path)
      : path_(path == "-" ? "standard input" : path),
        file_(
            path == "-" ? Descriptor(::dup(STDIN_FILENO))
                        : open_for_reading(path)),
        size_(static_cast<size_t>(describe(file_, path_).st_size)) {}

  /// In bytes; 0 for a pipe.
  size_t size() const {
    return size_;
  }

  /// Appends the next piece to `text`; false at the end of the file.
  bool read_some(std::string& text) const {
    char buffer[1 << 16];
    ssize_t count = 0;
    do {
      count = ::read(file_.fd, buffer, sizeof buffer);
    } while (count < 0 && errno == EINTR);
    check<IoError>(
        count >= 0, path_.string(), ": cannot read: ", std::strerror(errno));
    text.append(buffer, static_cast<size_t>(count));
    return count > 0;
  }

 private:
  fs::path path_;
  Descriptor file_;
  size_t size_;
};

} // namespace

std::string read_file(const fs::path& path, size_t max_bytes) {
  const InputFile file(path);
  const auto check_size = [&](size_t size) {
    check(
        size <= max_bytes,
        path.string(),
        ": is larger than ",
        max_bytes,
        " bytes, the limit");
  };
  check_size(file.size());
  std::string text;
  text.reserve(file.size());
  while (file.read_some(text)) {
    check_size(text.size());
  }
  return text;
}

void for_each_line(const fs::path& path, const LineReader& read) {
  const InputFile file(path);
  std::string text;
  size_t number = 0;
  for (bool more = true; more;) {
    const size_t seen = text.size();
    more = file.read_some(text);
    size_t begin = 0;
    size_t end = text.find('\n', seen);
    // Text after the last newline is kept until its line is complete.
    for (; end != std::string::npos || (!more && begin < text.size());
         end = text.find('\n', begin)) {
      const auto line = std::string_view(text).substr(begin, end - begin);
      begin += std::min(line.size() + 1, text.size() - begin);
      ++number;
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
        read(line, concat(path.string(), ":", number));
      }
    }
    text.erase(0, begin);
    check(
        text.size() <= kMaxLineBytes,
        path.string(),
        ":",
        number + 1,
        ": is longer than ",
        kMaxLineBytes,
        " bytes, the limit");
  }
}

void write_file(const fs::path& path, std::string_view bytes) {
  write_file(path, [&](const ByteSink& sink) {
    sink(std::as_bytes(std::span(bytes.data(), bytes.size())));
  });
}

void write_file(
    const fs::path& path,
    const std::function<void(const ByteSink&)>& produce) {
  if (path == "-") {
    produce([&](std::span<const std::byte> bytes) {
      write_all(STDOUT_FILENO, bytes, "standard output");
    });
    return;
  }
  make_parent(path);
  if (is_special(path)) {
    const Descriptor file = open_for_writing(path, path, /*flags=*/0);
    produce([&](std::span<const std::byte> bytes) {
      write_all(file.fd, bytes, path);
    });
    return;
  }
  const fs::path temporary = concat(path.string(), kTemporaryMark, ::getpid());
  try {
    {
      const Descriptor file =
          open_for_writing(temporary, path, O_CREAT | O_TRUNC);
      produce([&](std::span<const std::byte> bytes) {
        write_all(file.fd, bytes, path);
      });
      check<IoError>(
          ::fsync(file.fd) == 0,
          path.string(),
          ": cannot write: ",
          std::strerror(errno));
    }
    std::error_code error;
    fs::rename(temporary, path, error);
    check<IoError>(!error, path.string(), ": cannot write: ", error.message());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

void append_line(const fs::path& path, std::string_view line) {
  make_parent(path);
  const Descriptor file = open_for_writing(path, path, O_CREAT | O_APPEND);
  const off_t end = ::lseek(file.fd, 0, SEEK_END);
  const std::string whole = std::string(line) + "\n";
  try {
    write_all(
        file.fd, std::as_bytes(std::span(whole.data(), whole.size())), path);
  } catch (const IoError&) {
    // A full disk can take half a line. If that cannot be cut off, readers
    // recognise it by its missing newline.
    if (end < 0 || ::ftruncate(file.fd, end) != 0) {
      warn(concat(path.string(), ": its last line is incomplete"));
    }
    throw;
  }
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file = open_for_reading(path);
  size_ = static_cast<size_t>(describe(file, path).st_size);
  if (size_ == 0) {
    return;
  }
  // Private and writable: writes never reach the file.
  void* address = ::mmap(
      nullptr,
      size_,
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_NORESERVE,
      file.fd,
      0);
  check<IoError>(
      address != MAP_FAILED,
      path.string(),
      ": cannot map: ",
      std::strerror(errno));
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    ::munmap(const_cast<std::byte*>(data_), size_);
  }
}

} // namespace microfiche
