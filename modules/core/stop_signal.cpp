#include "core/stop_signal.h"

#include "core/error.h"

#include <csignal>

namespace microfiche {
namespace {

volatile std::sig_atomic_t received = 0;

void remember(int signal) {
  received = signal;
}

} // namespace

void install_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = remember;
  // SA_RESETHAND: the second signal finds the default action.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() {
  return received != 0;
}

void throw_if_stop_requested() {
  if (received == SIGINT) {
    throw Interrupted(
        ExitCode::kInterrupted,
        "stopped by Ctrl-C; the same command resumes from here");
  }
  if (received == SIGTERM) {
    throw Interrupted(
        ExitCode::kTerminated,
        "stopped by SIGTERM; the same command resumes from here");
  }
}

} // namespace microfiche
