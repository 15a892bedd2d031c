#include "document/child_process.h"

#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "tests/support/folders.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

namespace microfiche::document {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

ChildResult shell(const std::string& script, const ChildLimits& limits = {}) {
  return run_child("/bin/sh", {"-c", script}, limits);
}

/// Whether the process exists and is not a zombie.
bool is_running(const std::string& id) {
  try {
    const auto status = read_file("/proc/" + id + "/stat");
    return status.substr(status.rfind(')') + 2, 1) != "Z";
  } catch (const Error&) {
    return false;
  }
}

/// A killed process takes a moment to end.
bool ends_soon(const std::string& id) {
  for (int i = 0; i < 500 && is_running(id); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return !is_running(id);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

TEST(ChildProcessTest, GivesOutputErrorsAndExitCode) {
  const auto result = shell("echo words; echo complaint >&2; exit 3");

  EXPECT_EQ(result.end, ChildEnd::kExited);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.output, "words\n");
  EXPECT_EQ(result.errors, "complaint\n");
}

TEST(ChildProcessTest, ReadsMoreThanAPipeHolds) {
  const auto result = shell("head -c 1000000 /dev/zero");

  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.output, std::string(1000000, '\0'));
}

TEST(ChildProcessTest, ArgumentsAreNotReadByAShell) {
  const auto result = run_child("/bin/echo", {"$HOME; `id` *"}, {});

  EXPECT_EQ(result.output, "$HOME; `id` *\n");
}

TEST(ChildProcessTest, TheShellReportsTheLimits) {
  // Kibibytes, seconds, blocks of 512 bytes.
  const auto result = shell("ulimit -v; ulimit -t; ulimit -f; ulimit -c");

  EXPECT_EQ(result.output, "1048576\n30\n131072\n0\n");
}

TEST(ChildProcessTest, ASignalIsReported) {
  const auto result = shell("kill -SEGV $$");

  EXPECT_EQ(result.end, ChildEnd::kSignalled);
  EXPECT_EQ(result.code, SIGSEGV);
}

TEST(ChildProcessTest, ProcessorTimeEndsWithItsSignal) {
  ChildLimits limits;
  limits.processor_s = 1;

  const auto result = shell("while :; do :; done", limits);

  EXPECT_EQ(result.end, ChildEnd::kSignalled);
  EXPECT_EQ(result.code, SIGXCPU);
}

TEST(ChildProcessTest, MemoryBeyondTheLimitIsRefused) {
  ChildLimits limits;
  limits.memory_bytes = int64_t{100} << 20;

  const auto result =
      shell("dd if=/dev/zero of=/dev/null bs=200M count=1", limits);

  EXPECT_NE(result.code, 0);
  EXPECT_THAT(result.errors, HasSubstr("memory"));
}

TEST(ChildProcessTest, AFileCannotExceedTheLimit) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "large";
  ChildLimits limits;
  limits.file_bytes = 1 << 20;

  shell("head -c 2M /dev/zero > " + file.string(), limits);

  EXPECT_LE(fs::file_size(file), 1 << 20);
}

TEST(ChildProcessTest, TheWallClockLimitEndsTheChildAndItsChildren) {
  ChildLimits limits;
  limits.wall_s = 0.3;

  const auto result = shell("sleep 100 & echo $!; wait", limits);

  EXPECT_EQ(result.end, ChildEnd::kOutOfTime);
  EXPECT_TRUE(ends_soon(first_line(result.output)));
}

TEST(ChildProcessTest, AChildThatClosesItsStreamsHasTheSameTimeLimit) {
  ChildLimits limits;
  limits.wall_s = 0.3;

  const auto result = shell("exec >&- 2>&-; exec sleep 100", limits);

  EXPECT_EQ(result.end, ChildEnd::kOutOfTime);
}

TEST(ChildProcessTest, ProcessesThatItLeavesRunningAreKilled) {
  const auto result = shell("sleep 100 & echo $!");

  EXPECT_EQ(result.end, ChildEnd::kExited);
  EXPECT_EQ(result.code, 0);
  EXPECT_TRUE(ends_soon(first_line(result.output)));
}

TEST(ChildProcessTest, TooMuchOutputEndsIt) {
  ChildLimits limits;
  limits.output_bytes = 1000;

  const auto result = shell("yes", limits);

  EXPECT_EQ(result.end, ChildEnd::kTooMuchOutput);
}

TEST(ChildProcessTest, KeepsTheBeginningOfItsErrors) {
  const auto result = shell("echo first >&2; head -c 1000000 /dev/zero >&2");

  EXPECT_EQ(first_line(result.errors), "first");
  EXPECT_EQ(result.errors.size(), 64 << 10);
}

TEST(ChildProcessTest, HasNoneOfOurDescriptorsAndNoInput) {
  const int ours = ::open("/dev/null", O_RDONLY); // NOLINT: left open to exec

  const auto result =
      shell("cat; test -e /proc/self/fd/" + std::to_string(ours));

  EXPECT_EQ(result.code, 1);
  ::close(ours);
}

TEST(ChildProcessTest, HasNoNetwork) {
  const auto ours = fs::read_symlink("/proc/self/ns/net").string();

  const auto result = shell("readlink /proc/self/ns/net; cat /proc/net/dev");

  if (first_line(result.output) == ours) {
    GTEST_SKIP() << "this kernel takes no network away";
  }
  EXPECT_THAT(result.output, HasSubstr("lo:"));
  EXPECT_THAT(result.output, Not(HasSubstr("eth")));
}

TEST(ChildProcessTest, DiesWithTheProcessThatStartedIt) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "id";
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    shell(
        "echo $$ > " + file.string() + ".tmp; mv " + file.string() + ".tmp " +
        file.string() + "; exec sleep 100");
    ::_exit(0);
  }
  for (int i = 0; i < 500 && !fs::exists(file); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto child = first_line(read_file(file));
  ASSERT_TRUE(is_running(child));

  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);

  EXPECT_TRUE(ends_soon(child));
}

TEST(ChildProcessTest, AStopRequestEndsIt) {
  const pid_t process = ::fork();
  ASSERT_GE(process, 0);
  if (process == 0) {
    install_stop_signals();
    ::raise(SIGTERM);
    try {
      shell("sleep 100");
    } catch (const Interrupted& error) {
      ::_exit(static_cast<int>(error.exit_code()));
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(process, &status, 0);

  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(ExitCode::kTerminated));
}

TEST(ChildProcessTest, AFileThatIsNotAProgramCannotBeExecuted) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "program";
  write_file(file, "neither a script nor a binary");
  fs::permissions(file, fs::perms::owner_all);

  EXPECT_EQ(run_child(file, {}, {}).code, kCannotExecute);
}

TEST(ChildProcessTest, FindsAProgramOnPathOrByItsPath) {
  EXPECT_EQ(find_program("sh").filename(), "sh");
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_EQ(find_program("no-such-program"), "");
  EXPECT_EQ(find_program("/etc/passwd"), "");
  EXPECT_EQ(find_program("/bin"), "");
}

} // namespace
} // namespace microfiche::document
