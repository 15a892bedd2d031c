#include "document/child_process.h"

#include "core/error.h"
#include "core/stop_signal.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace microfiche::document {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kMaxErrorBytes = size_t{64} << 10;

std::string last_error() {
  return std::generic_category().message(errno);
}

/// Both ends of a pipe. The destructor closes them.
class Pipe {
 public:
  Pipe() {
    check<IoError>(
        ::pipe2(ends_.data(), O_CLOEXEC) == 0,
        "cannot make a pipe to a child process: ",
        last_error());
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }

  /// -1 once closed; `poll` skips it.
  int reader() const {
    return ends_[0];
  }
  int writer() const {
    return ends_[1];
  }

  void close_reader() {
    close_end(ends_[0]);
  }
  void close_writer() {
    close_end(ends_[1]);
  }

 private:
  static void close_end(int& fd) {
    if (fd >= 0) {
      ::close(fd);
    }
    fd = -1;
  }

  std::array<int, 2> ends_ = {-1, -1};
};

/// Pointers as `execve` takes them, with a null at the end.
std::vector<char*> as_pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (auto& string : strings) {
    pointers.push_back(string.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// Our environment in the C locale, in which we know the messages of programs.
std::vector<std::string> child_environment() {
  std::vector<std::string> environment = {"LC_ALL=C"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("LC_ALL=")) {
      environment.emplace_back(*entry);
    }
  }
  return environment;
}

// The following two functions run between fork and exec, where other threads
// may hold any lock. So they only make system calls.

// In C++ the resources are an enum whose name belongs to the C library.
void limit(decltype(RLIMIT_AS) resource, int64_t soft, int64_t hard) {
  rlimit limits = {};
  ::getrlimit(resource, &limits);
  // Keeps a lower limit that exists already.
  limits.rlim_max = std::min(limits.rlim_max, static_cast<rlim_t>(hard));
  limits.rlim_cur = std::min(limits.rlim_max, static_cast<rlim_t>(soft));
  if (::setrlimit(resource, &limits) != 0) {
    ::_exit(kCannotExecute);
  }
}

[[noreturn]] void execute(
    const char* program,
    char* const* arguments,
    char* const* environment,
    const ChildLimits& limits,
    int output,
    int errors,
    pid_t parent) {
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0 ||
      ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(errors, STDERR_FILENO) < 0) {
    ::_exit(kCannotExecute);
  }
  // Descriptors that were opened without O_CLOEXEC. Needs Linux 5.11.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);

  // A network namespace needs a privilege, which a new user namespace gives.
  // Root would lose the right to read other users' files there.
  if (::unshare(CLONE_NEWNET) != 0 && ::geteuid() != 0) {
    ::unshare(CLONE_NEWUSER | CLONE_NEWNET);
  }
  // After unshare, which resets it. The parent may have died before.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(kCannotExecute);
  }

  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes);
  // One second between SIGXCPU, which identifies the limit, and SIGKILL.
  limit(RLIMIT_CPU, limits.processor_s, limits.processor_s + 1);
  limit(RLIMIT_AS, limits.memory_bytes, limits.memory_bytes);
  ::execve(program, arguments, environment);
  ::_exit(kCannotExecute);
}

/// A running child. The destructor kills its process group and reaps it.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {
    // The child does this, too: the first call counts.
    ::setpgid(id_, id_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill_group();
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  /// Kills the child and its process group. Only the destructor reaps the
  /// child, so that its id is not reused.
  void kill_group() const {
    ::kill(-id_, SIGKILL);
  }

  /// Whether the child has ended. If so, sets `result.end` and `result.code`.
  bool has_ended(ChildResult& result) const {
    siginfo_t info = {};
    if (::waitid(
            P_PID,
            static_cast<id_t>(id_),
            &info,
            WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
      return false;
    }
    result.end =
        info.si_code == CLD_EXITED ? ChildEnd::kExited : ChildEnd::kSignalled;
    result.code = info.si_status;
    return true;
  }

 private:
  pid_t id_;
};

/// Appends the bytes that can be read now. Closes the reader at the end of the
/// stream.
void read_some(Pipe& pipe, std::string& bytes) {
  std::array<char, 1 << 16> buffer;
  const ssize_t count = ::read(pipe.reader(), buffer.data(), buffer.size());
  if (count > 0) {
    bytes.append(buffer.data(), static_cast<size_t>(count));
  } else if (count == 0 || errno != EINTR) {
    pipe.close_reader();
  }
}

/// Reads from the child until it ends or reaches a limit.
ChildResult read_until_end(
    const Child& child,
    Pipe& output,
    Pipe& errors,
    const ChildLimits& limits) {
  const auto deadline = Clock::now() +
      std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(limits.wall_s));
  ChildResult result;
  bool ended = false;
  while (!ended || output.reader() >= 0 || errors.reader() >= 0) {
    throw_if_stop_requested();
    if (Clock::now() >= deadline) {
      result.end = ChildEnd::kOutOfTime;
      return result;
    }
    std::array<pollfd, 2> streams = {
        pollfd{output.reader(), POLLIN, 0}, pollfd{errors.reader(), POLLIN, 0}};
    const bool open = output.reader() >= 0 || errors.reader() >= 0;
    ::poll(streams.data(), streams.size(), /*timeout_ms=*/open ? 20 : 1);
    if (streams[0].revents != 0) {
      read_some(output, result.output);
    }
    if (streams[1].revents != 0) {
      read_some(errors, result.errors);
      result.errors.resize(std::min(result.errors.size(), kMaxErrorBytes));
    }
    if (std::cmp_greater(result.output.size(), limits.output_bytes)) {
      result.end = ChildEnd::kTooMuchOutput;
      return result;
    }
    if (!ended && child.has_ended(result)) {
      ended = true;
      // Its own children would keep the pipes open.
      child.kill_group();
    }
  }
  return result;
}

} // namespace

fs::path find_program(const std::string& name) {
  const auto may_run = [](const fs::path& file) {
    std::error_code error;
    return fs::is_regular_file(file, error) &&
        ::access(file.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    return may_run(name) ? fs::path(name) : fs::path();
  }
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && may_run(fs::path(folder) / name)) {
      return fs::path(folder) / name;
    }
  }
  return {};
}

ChildResult run_child(
    const fs::path& program,
    const std::vector<std::string>& arguments,
    const ChildLimits& limits) {
  const std::string file = program.string();
  std::vector<std::string> words = {file};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto environment = child_environment();
  const auto word_pointers = as_pointers(words);
  const auto environment_pointers = as_pointers(environment);
  Pipe output;
  Pipe errors;
  const pid_t parent = ::getpid();
  const pid_t id = ::fork();
  check<IoError>(id >= 0, "cannot start ", file, ": ", last_error());
  if (id == 0) {
    execute(
        file.c_str(),
        word_pointers.data(),
        environment_pointers.data(),
        limits,
        output.writer(),
        errors.writer(),
        parent);
  }
  const Child child(id);
  output.close_writer();
  errors.close_writer();
  return read_until_end(child, output, errors, limits);
}

} // namespace microfiche::document
