#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace microfiche {

/// Exit codes of the process; scripts rely on these.
enum class ExitCode : int {
  kDone = 0,
  kFailure = 1,
  kUsage = 2,
  kBadInput = 3,
  kIo = 4,
  kOutOfMemory = 5,
  kNumeric = 6,
  kInterrupted = 130,
  kTerminated = 143,
};

/// An error that a user can act on. The message says where, what was expected,
/// what came and what to do.
class Error : public std::runtime_error {
 public:
  Error(ExitCode exit_code, const std::string& message)
      : std::runtime_error(message), exit_code_(exit_code) {}

  ExitCode exit_code() const {
    return exit_code_;
  }

 private:
  ExitCode exit_code_;
};

/// The command line is invalid.
struct UsageError : Error {
  explicit UsageError(const std::string& message)
      : Error(ExitCode::kUsage, message) {}
};

/// A file, config, image or text is missing, malformed or inconsistent.
struct InputError : Error {
  explicit InputError(const std::string& message)
      : Error(ExitCode::kBadInput, message) {}
};

/// The disk is full, or a read or write failed.
struct IoError : Error {
  explicit IoError(const std::string& message)
      : Error(ExitCode::kIo, message) {}
};

/// The run needs more memory than is available.
struct OutOfMemoryError : Error {
  explicit OutOfMemoryError(const std::string& message)
      : Error(ExitCode::kOutOfMemory, message) {}
};

/// A NaN or an infinity where a number was needed.
struct NumericError : Error {
  explicit NumericError(const std::string& message)
      : Error(ExitCode::kNumeric, message) {}
};

/// A signal stopped the run cleanly. The same command resumes it.
struct Interrupted : Error {
  Interrupted(ExitCode signal, const std::string& message)
      : Error(signal, message) {}
};

/// The parts, streamed into one string.
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

/// Throws `E` with the parts as its message unless `condition` holds:
///   check(width > 0, where, ": width must be at least 1, got ", width);
template <typename E = InputError, typename... Parts>
void check(bool condition, const Parts&... parts) {
  if (!condition) {
    throw E(concat(parts...));
  }
}

} // namespace microfiche
