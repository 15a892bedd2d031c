#include "tests/apps/command_line.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mount.h>

#include <string>

// The command train on a disk that is too small.

namespace microfiche {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// A run folder on a disk of 1 MiB, which holds a few checkpoints of an
/// adapter.
class FullDiskTrainingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config = tests::small_training(folder.path());
    tests::train_adapter(config);
    config.stages[0].steps = 60;
    config.checkpoints.every_steps = 1;
    config.checkpoints.keep = 100;
    fs::create_directories(run);
    if (::mount("tmpfs", run.c_str(), "tmpfs", 0, "size=1m") != 0) {
      GTEST_SKIP() << "this user may not mount a small disk";
    }
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) {
      ::umount(run.c_str());
    }
  }

  tests::Outcome train() const {
    write_file(folder.path() / "config.json", write_config(config).dump());
    return tests::run_program(
        folder.path(), "train config.json -o '" + run.string() + "'");
  }

  const tests::TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  training::TrainingConfig config;

 private:
  bool mounted_ = false;
};

TEST_F(FullDiskTrainingTest, EndsWithCode4AndNamesFileAndSize) {
  const auto outcome = train();

  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(
      outcome.err,
      AllOf(
          HasSubstr("error: " + (run / "checkpoints" / "writing-").string()),
          ContainsRegex(
              "No space left on device for [0-9]+ bytes, [0-9]+ are free"),
          ContainsRegex("checkpoint of step [0-9]+ takes [0-9]+ bytes")));
}

TEST_F(FullDiskTrainingTest, LeavesCheckpointsToResumeFrom) {
  train();
  const auto newest = training::find_checkpoint(run);
  ASSERT_TRUE(newest);
  EXPECT_GE(newest->position.step, 2);

  config.checkpoints.keep = 1;
  config.checkpoints.every_steps = 0;
  const auto outcome = train();

  EXPECT_THAT(
      outcome.err, HasSubstr("resumes from " + newest->folder.string()));
}

TEST_F(FullDiskTrainingTest, InTheBackgroundEndsWithCode4Too) {
  config.checkpoints.in_background = true;

  const auto outcome = train();

  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
  EXPECT_TRUE(training::find_checkpoint(run));
}

} // namespace
} // namespace microfiche
