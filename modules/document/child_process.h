#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::document {

/// Limits of a child process.
struct ChildLimits {
  /// Address space, processor time, and size of each file that it writes.
  int64_t memory_bytes = int64_t{1} << 30;
  int64_t processor_s = 30;
  int64_t file_bytes = int64_t{64} << 20;

  /// Wall-clock time.
  double wall_s = 60;

  /// Bytes that it may write to standard output.
  int64_t output_bytes = int64_t{1} << 20;
};

/// How a child process ended.
enum class ChildEnd {
  kExited,

  /// Ended by a signal, such as SIGXCPU at its limit of processor time.
  kSignalled,

  /// Killed at its limit of wall-clock time or output.
  kOutOfTime,
  kTooMuchOutput,
};

struct ChildResult {
  ChildEnd end = ChildEnd::kExited;

  /// Exit code, or number of the signal.
  int code = 0;

  std::string output;

  /// The first 64 KiB of its standard error.
  std::string errors;
};

/// Exit code of a child whose program could not be executed.
inline constexpr int kCannotExecute = 127;

/// The file of a program: `name` itself if it has a slash, else the first
/// executable file of that name on PATH. Empty when there is none.
std::filesystem::path find_program(const std::string& name);

/// Runs a program on untrusted input and waits for its end.
///
/// Uses no shell. The child has `limits`, no core file, standard input from
/// /dev/null, LC_ALL=C, none of our descriptors, and no network where the
/// kernel allows us to remove it (Linux namespaces). Nothing outlives the call:
/// the child leads a process group that is killed when the child ends, at a
/// limit, and when this function throws. The child also dies with the calling
/// thread.
///
/// Safe to call from several threads. Throws `IoError` when the system cannot
/// start a process, and `Interrupted` when a stop is requested meanwhile. A
/// program that cannot be executed exits with `kCannotExecute`.
ChildResult run_child(
    const std::filesystem::path& program,
    const std::vector<std::string>& arguments,
    const ChildLimits& limits);

} // namespace microfiche::document
