#include "tests/apps/command_line.h"

#include "core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using tests::Outcome;

class CommandLineTest : public ::testing::Test {
 protected:
  Outcome run(const std::string& arguments) const {
    return tests::run_program(folder.path(), arguments);
  }

  tests::TemporaryFolder folder;
};

class CommandHelpTest : public CommandLineTest,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(CommandHelpTest, ShowsAnExampleFirstOnStdout) {
  const auto outcome = run(std::string(GetParam()) + " --help");

  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, StartsWith(std::string("microfiche ") + GetParam()));
  EXPECT_THAT(outcome.err, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Commands,
    CommandHelpTest,
    ::testing::Values(
        "render",
        "encode",
        "read",
        "trace",
        "tokenize",
        "score",
        "sweep",
        "report",
        "compare",
        "train",
        "inspect",
        "memory",
        "serve",
        "bench",
        "doctor"),
    [](const auto& info) { return std::string(info.param); });

TEST_F(CommandLineTest, TheVersionNamesTheLibraries) {
  const auto outcome = run("--version");

  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* part : {"LibTorch", "CUDA", "OpenCV", "Pango"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
}

TEST_F(CommandLineTest, NoCommandIsAUsageError) {
  const auto outcome = run("");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST_F(CommandLineTest, AnUnknownCommandIsAUsageError) {
  EXPECT_EQ(run("digitize page.png").exit_code, 2);
}

TEST_F(CommandLineTest, AnUnknownOptionIsAUsageError) {
  EXPECT_EQ(run("doctor --verbose").exit_code, 2);
}

TEST_F(CommandLineTest, AMissingArgumentIsAUsageError) {
  const auto outcome = run("encode page.png");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--output is required"));
}

TEST_F(CommandLineTest, AnEmptyValueIsAUsageError) {
  for (const char* option : {"--model", "--adapter", "--mode", "-o"}) {
    const auto outcome = run(concat("read page.png ", option, " ''"));

    EXPECT_EQ(outcome.exit_code, 2) << option;
    EXPECT_THAT(outcome.err, HasSubstr("got an empty one")) << option;
  }
}

TEST_F(CommandLineTest, NumbersOutOfRangeAreUsageErrors) {
  for (const char* option :
       {"--threads 100000",
        "--threads 4294967297",
        "--batch 0",
        "--seed -1",
        "--window 0"}) {
    const auto outcome = run(concat("read page.png ", option));

    EXPECT_EQ(outcome.exit_code, 2) << option;
    EXPECT_THAT(outcome.err, HasSubstr("expected a whole number from"))
        << option;
  }
}

TEST_F(CommandLineTest, AnOutputReplacesNoInput) {
  write_file(folder.path() / "page.png", "a picture");

  for (const char* command : {"encode", "trace"}) {
    const auto outcome = run(concat(command, " page.png -o page.png"));

    EXPECT_EQ(outcome.exit_code, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr("is the input")) << command;
    EXPECT_EQ(read_file(folder.path() / "page.png"), "a picture");
  }
}

TEST_F(CommandLineTest, AnInputThatCannotBeReachedIsNamed) {
  std::filesystem::create_symlink("loop", folder.path() / "loop");

  const auto outcome = run("read loop");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("loop: cannot read"));
}

TEST_F(CommandLineTest, TheDoctorNamesDevicesFontsAndModel) {
  const auto outcome = run("doctor");

  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* part : {"CPU:", "GPU:", "fonts:", "nano model:"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
}

} // namespace
} // namespace microfiche
