#include "core/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::StrEq;

/// The text on standard error, without a terminal.
std::string said(const std::function<void()>& speak) {
  ::testing::internal::CaptureStderr();
  speak();
  return ::testing::internal::GetCapturedStderr();
}

class TerminalTest : public ::testing::Test {
 protected:
  void TearDown() override {
    verbosity().quiet = false;
  }
};

TEST_F(TerminalTest, PrintsOneLine) {
  EXPECT_THAT(said([] { say("done"); }), StrEq("done\n"));
}

TEST_F(TerminalTest, QuietSilencesAllButWarnings) {
  verbosity().quiet = true;

  EXPECT_THAT(
      said([] {
        say("done");
        warn("no GPU");
        Progress progress("reading", 10);
        progress.update(1);
        progress.finish();
      }),
      StrEq("warning: no GPU\n"));
}

TEST_F(TerminalTest, ProgressIsAPlainLineWithoutATerminal) {
  const auto text = said([] {
    Progress progress("reading", 10);
    progress.update(3, "loss 1.5");
    progress.finish();
  });

  EXPECT_THAT(
      text,
      AllOf(
          StartsWith("reading 3/10 pages, "),
          HasSubstr(", loss 1.5\n"),
          Not(HasSubstr("\r")),
          Not(HasSubstr("\033"))));
}

TEST_F(TerminalTest, ProgressPrintsRarelyWithoutATerminal) {
  const auto text = said([] {
    Progress progress("reading", 1000);
    for (int i = 1; i <= 1000; ++i) {
      progress.update(i);
    }
  });

  // The first and the last.
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, HasSubstr("reading 1000/1000 pages"));
}

TEST_F(TerminalTest, ProgressWithoutATotalCountsUp) {
  const auto text = said([] {
    Progress progress("reading", 0, "line");
    progress.update(3);
  });

  EXPECT_THAT(
      text, AllOf(StartsWith("reading 3 lines"), Not(HasSubstr("left"))));
}

TEST_F(TerminalTest, FinishingTwicePrintsOnce) {
  const auto text = said([] {
    Progress progress("reading", 1);
    progress.finish("all read");
    progress.finish("again");
  });

  EXPECT_THAT(text, AllOf(HasSubstr("all read"), Not(HasSubstr("again"))));
}

TEST_F(TerminalTest, ProgressWithoutUpdatesPrintsNothing) {
  EXPECT_THAT(said([] { Progress progress("reading", 1); }), IsEmpty());
}

} // namespace
} // namespace microfiche
