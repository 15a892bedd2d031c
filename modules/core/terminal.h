#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace microfiche {

/// How much a command prints to standard error.
struct Verbosity {
  bool quiet = false;
};

/// Set once by `main`.
Verbosity& verbosity();

bool stderr_is_terminal();

/// False without a terminal or with NO_COLOR.
bool stderr_has_colour();

/// One line on standard error, unless --quiet.
void say(const std::string& message);

/// One line on standard error, even with --quiet: a fallback, or a result that
/// may be wrong or incomplete.
void warn(const std::string& message);

/// E.g. "42s", "3m07s" or "2h05m".
std::string duration_text(double seconds);

/// Progress on standard error: a bar with rate and time left on a terminal,
/// else a line every few seconds; nothing with --quiet. Not thread-safe.
class Progress {
 public:
  /// `total` is the number of items, 0 if unknown. `unit` is one of them.
  Progress(std::string what, int64_t total, std::string unit = "page");
  ~Progress();

  /// `done` counts all finished items; `remark` is e.g. "loss 1.234".
  void update(int64_t done, const std::string& remark = "");

  /// Prints the last line. The destructor calls it if needed.
  void finish(const std::string& remark = "");

 private:
  void draw(bool last);

  std::string what_;
  std::string unit_;
  std::string remark_;
  int64_t total_;
  int64_t done_ = 0;
  int64_t first_ = -1;
  bool finished_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_draw_;
};

/// Progress of work that says at its first step how much there is, as a
/// callback; the arguments of `Progress`.
class LazyProgress {
 public:
  LazyProgress(std::string what, std::string unit)
      : what_(std::move(what)), unit_(std::move(unit)) {}

  void operator()(int64_t done, int64_t total) {
    if (!progress_) {
      progress_.emplace(what_, total, unit_);
    }
    progress_->update(done);
  }

  /// Prints the last line if there was a step. The destructor calls it if
  /// needed.
  void finish() {
    progress_.reset();
  }

 private:
  std::string what_;
  std::string unit_;
  std::optional<Progress> progress_;
};

} // namespace microfiche
