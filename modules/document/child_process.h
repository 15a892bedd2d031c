#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::document {

/// What a child process may use.
struct ChildLimits {
  /// Address space and processor time, and the size of any file it writes.
  int64_t memory_bytes = int64_t{1} << 30;
  int64_t processor_s = 30;
  int64_t file_bytes = int64_t{64} << 20;

  /// Time on the clock on the wall.
  double wall_s = 60;

  /// What it may write on standard output.
  int64_t output_bytes = int64_t{1} << 20;
};

/// How a child process ended.
enum class ChildEnd {
  kExited,

  /// Ended by a signal, such as SIGXCPU for its processor time.
  kSignalled,

  /// Killed for its time on the wall or its output.
  kOutOfTime,
  kTooMuchOutput,
};

struct ChildResult {
  ChildEnd end = ChildEnd::kExited;

  /// Exit code or number of the signal.
  int code = 0;

  std::string output;

  /// The first 64 KiB of its standard error.
  std::string errors;
};

/// What a child exits with when its program could not be executed.
inline constexpr int kCannotExecute = 127;

/// The program's file: `name` itself where it has a slash, else the first one
/// of that name on PATH. Empty when there is none that may be run.
std::filesystem::path find_program(const std::string& name);

/// Runs a program on input that nobody trusts and waits for its end.
///
/// No shell is involved. The child has `limits`, no core file, standard input
/// from /dev/null, LC_ALL=C, no descriptor of ours, and no network where the
/// kernel lets us take it away (Linux namespaces). Nothing outlives the call:
/// the child leads a process group that is killed at its end, at a limit, and
/// when this throws; and the child is killed when the calling thread dies.
///
/// Safe to call from several threads. Throws `IoError` when the system starts
/// no process, and `Interrupted` when a stop was asked for meanwhile. A program
/// that cannot be executed exits with `kCannotExecute`.
ChildResult run_child(
    const std::filesystem::path& program,
    const std::vector<std::string>& arguments,
    const ChildLimits& limits);

} // namespace microfiche::document
