#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace microfiche {

/// How much a command says on standard error.
struct Verbosity {
  bool quiet = false;
};

/// Set once by `main`; read by everything that talks.
Verbosity& verbosity();

/// Whether standard error is a terminal that wants colours (NO_COLOR).
bool stderr_is_terminal();
bool stderr_has_colour();

/// One line on standard error, unless --quiet.
void say(const std::string& message);

/// One line on standard error even with --quiet: something fell back or is
/// left out, and the user should know.
void warn(const std::string& message);

/// A time for people, such as "42s", "3m07s" or "2h05m".
std::string duration_text(double seconds);

/// Progress of a long piece of work on standard error: a bar with rate and
/// time left on a terminal, a plain line every few seconds otherwise, nothing
/// with --quiet. Not thread-safe: one thread owns it.
class Progress {
 public:
  /// `total` items are to be done; 0 when nobody knows how many.
  Progress(std::string what, int64_t total, std::string unit = "pages");
  ~Progress();

  /// Says how many are done by now, with a remark such as "loss 1.234".
  void update(int64_t done, const std::string& remark = "");

  /// Ends the bar with a last line. The destructor does it otherwise.
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

} // namespace microfiche
