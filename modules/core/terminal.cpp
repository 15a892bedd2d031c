#include "core/terminal.h"

#include "core/plural.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace microfiche {
namespace {

constexpr auto kBarInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(5);

/// Clears an unfinished progress bar; its next update draws it again.
const char* clear_line() {
  return stderr_is_terminal() ? "\r\033[K" : "";
}

} // namespace

Verbosity& verbosity() {
  static Verbosity instance;
  return instance;
}

bool stderr_is_terminal() {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  return terminal;
}

bool stderr_has_colour() {
  return stderr_is_terminal() && std::getenv("NO_COLOR") == nullptr;
}

void say(const std::string& message) {
  if (!verbosity().quiet) {
    std::fprintf(stderr, "%s%s\n", clear_line(), message.c_str());
  }
}

void warn(const std::string& message) {
  const bool colour = stderr_has_colour();
  std::fprintf(
      stderr,
      "%s%swarning:%s %s\n",
      clear_line(),
      colour ? "\033[33m" : "",
      colour ? "\033[0m" : "",
      message.c_str());
}

std::string duration_text(double seconds) {
  char text[32];
  if (seconds < 60) {
    std::snprintf(text, sizeof text, "%.0fs", seconds);
  } else if (seconds < 3600) {
    std::snprintf(
        text, sizeof text, "%dm%02ds", int(seconds) / 60, int(seconds) % 60);
  } else {
    std::snprintf(
        text,
        sizeof text,
        "%dh%02dm",
        int(seconds) / 3600,
        int(seconds) / 60 % 60);
  }
  return text;
}

Progress::Progress(std::string what, int64_t total, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      start_(std::chrono::steady_clock::now()),
      last_draw_(start_ - kLineInterval) {}

Progress::~Progress() {
  if (!finished_ && first_ >= 0) {
    finish();
  }
}

void Progress::update(int64_t done, const std::string& remark) {
  if (first_ < 0) {
    // A resumed run does not start at 0; the rate counts new items only.
    first_ = done;
  }
  done_ = done;
  remark_ = remark;
  const auto now = std::chrono::steady_clock::now();
  const auto interval = stderr_is_terminal()
      ? std::chrono::duration_cast<std::chrono::milliseconds>(kBarInterval)
      : std::chrono::duration_cast<std::chrono::milliseconds>(kLineInterval);
  if (now - last_draw_ >= interval) {
    last_draw_ = now;
    draw(/*last=*/false);
  }
}

void Progress::finish(const std::string& remark) {
  if (finished_) {
    return;
  }
  finished_ = true;
  if (!remark.empty()) {
    remark_ = remark;
  }
  draw(/*last=*/true);
}

void Progress::draw(bool last) {
  if (verbosity().quiet) {
    return;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_)
          .count();
  const int64_t fresh = done_ - std::max<int64_t>(first_, 0);
  const double rate = seconds > 0 ? fresh / seconds : 0;
  std::string line = what_ + " ";
  if (stderr_is_terminal() && total_ > 0) {
    constexpr int64_t kWidth = 24;
    const int64_t filled = std::min(kWidth, kWidth * done_ / total_);
    for (int64_t i = 0; i < kWidth; ++i) {
      line += i < filled ? "█" : "░";
    }
    line += " ";
  }
  line += total_ > 0 ? std::to_string(done_) + "/" + count_of(total_, unit_)
                     : count_of(done_, unit_);
  char figures[32];
  std::snprintf(figures, sizeof figures, ", %.3g/s", rate);
  line += figures;
  line += last ? ", took " + duration_text(seconds)
      : total_ > 0 && rate > 0
      ? ", " + duration_text((total_ - done_) / rate) + " left"
      : "";
  if (!remark_.empty()) {
    line += ", " + remark_;
  }
  if (stderr_is_terminal()) {
    std::fprintf(
        stderr, "%s%s%s", clear_line(), line.c_str(), last ? "\n" : "");
    std::fflush(stderr);
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

} // namespace microfiche
