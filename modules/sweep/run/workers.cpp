#include "sweep/run/workers.h"

#include "core/error.h"
#include "core/stop_signal.h"
#include "core/terminal.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace microfiche::sweep {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(20);

int64_t number_in_environment(const char* name, const char* value) {
  int64_t number = -1;
  const char* end = value + std::strlen(value);
  const auto parsed = std::from_chars(value, end, number);
  check<UsageError>(
      parsed.ec == std::errc() && parsed.ptr == end && number >= 0,
      name,
      ": expected a whole number of at least 0 in the environment, got \"",
      value,
      "\"");
  return number;
}

/// A worker and, after it has ended, its status from `waitpid`.
struct Child {
  pid_t pid;
  bool ended = false;
  int status = 0;

  bool finished() const {
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  ExitCode exit_code() const {
    return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status))
                             : ExitCode::kFailure;
  }
};

/// Records that a child has ended.
void poll(Child& child, size_t rank) {
  if (child.ended || ::waitpid(child.pid, &child.status, WNOHANG) == 0) {
    return;
  }
  child.ended = true;
  if (WIFSIGNALED(child.status)) {
    warn(concat(
        "worker ",
        rank,
        " was killed by signal ",
        WTERMSIG(child.status),
        "; the others take over its work"));
  }
}

void wait_for(std::vector<Child>& children) {
  bool sent_stop = false;
  for (bool waiting = true; waiting;) {
    waiting = false;
    for (size_t rank = 0; rank < children.size(); ++rank) {
      poll(children[rank], rank);
      waiting = waiting || !children[rank].ended;
      if (stop_requested() && !sent_stop && !children[rank].ended) {
        ::kill(children[rank].pid, SIGTERM);
      }
    }
    sent_stop = stop_requested();
    std::this_thread::sleep_for(kPollInterval);
  }
}

} // namespace

Worker worker_of_environment() {
  const char* rank = std::getenv("RANK");
  const char* count = std::getenv("WORLD_SIZE");
  if (rank == nullptr || count == nullptr) {
    return {};
  }
  const Worker worker{
      number_in_environment("RANK", rank),
      number_in_environment("WORLD_SIZE", count)};
  check<UsageError>(
      worker.rank < worker.count,
      "RANK must be below WORLD_SIZE, got ",
      worker.rank,
      " of ",
      worker.count);
  return worker;
}

std::optional<Worker> become_workers(int64_t count) {
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  std::vector<Child> children;
  for (int64_t rank = 0; rank < count; ++rank) {
    const pid_t pid = ::fork();
    check<IoError>(
        pid >= 0, "cannot start worker ", rank, ": ", std::strerror(errno));
    if (pid == 0) {
      // Only the parent gets Ctrl-C and passes it on once, because a second
      // signal ends a process at once.
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) {
        std::_Exit(static_cast<int>(ExitCode::kFailure));
      }
      return Worker{rank, count};
    }
    children.push_back({pid});
  }
  wait_for(children);
  for (const auto& child : children) {
    if (child.finished()) {
      return std::nullopt;
    }
  }
  throw_if_stop_requested();
  throw Error(
      children.front().exit_code(),
      "no worker finished the run; finished pages are kept, and the same command "
      "resumes there");
}

} // namespace microfiche::sweep
