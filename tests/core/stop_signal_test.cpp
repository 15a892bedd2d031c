#include "core/stop_signal.h"

#include "core/error.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace microfiche {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

/// Runs in its own process, because a signal cannot be reset.
void stop_by(int signal) {
  install_stop_signals();
  std::raise(signal);
  try {
    throw_if_stop_requested();
  } catch (const Interrupted& error) {
    std::fputs(error.what(), stderr);
    std::_Exit(static_cast<int>(error.exit_code()));
  }
  std::_Exit(0);
}

TEST(StopSignalTest, NothingIsRequestedWithoutASignal) {
  EXPECT_FALSE(stop_requested());
  EXPECT_NO_THROW(throw_if_stop_requested());
}

TEST(StopSignalTest, CtrlCStopsWithItsExitCode) {
  EXPECT_EXIT(stop_by(SIGINT), ExitedWithCode(130), "the same command resumes");
}

TEST(StopSignalTest, SigtermStopsWithItsExitCode) {
  EXPECT_EXIT(stop_by(SIGTERM), ExitedWithCode(143), "stopped by SIGTERM");
}

TEST(StopSignalTest, ASecondSignalEndsAtOnce) {
  EXPECT_EXIT(
      {
        install_stop_signals();
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      KilledBySignal(SIGINT),
      "");
}

} // namespace
} // namespace microfiche
