#include "training/checkpoint/checkpoint_folder.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

class CheckpointFolderTest : public ::testing::Test {
 protected:
  fs::path commit(int64_t step) const {
    return commit_checkpoint(begin_checkpoint(run.path(), step), step);
  }

  /// Names of the run's checkpoints, oldest first.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& folder : list_checkpoints(run.path())) {
      names.push_back(folder.path.filename().string());
    }
    return names;
  }

  const tests::TemporaryFolder run;
};

TEST_F(CheckpointFolderTest, ARunWithoutCheckpointsHasNone) {
  EXPECT_THAT(list_checkpoints(run.path()), IsEmpty());
}

TEST_F(CheckpointFolderTest, AnUncommittedCheckpointIsNotListed) {
  begin_checkpoint(run.path(), 1);

  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CheckpointFolderTest, StepsAreOrderedByNumberNotByName) {
  commit(100'000'000);
  commit(99'999'999);

  EXPECT_THAT(names(), ElementsAre("step-99999999", "step-100000000"));
}

TEST_F(CheckpointFolderTest, TheSameStepAgainChangesNoCheckpoint) {
  write_file(commit(4) / "state", "first");

  EXPECT_EQ(commit(4).filename(), "step-00000004.2");
  EXPECT_EQ(
      read_file(run.path() / "checkpoints" / "step-00000004" / "state"),
      "first");
  EXPECT_THAT(names(), ElementsAre("step-00000004", "step-00000004.2"));
}

TEST_F(CheckpointFolderTest, OtherFoldersAreNotListed) {
  for (const char* name : {"step-1x", "step-", "step-1.", "best", "step-1.x"}) {
    fs::create_directories(run.path() / "checkpoints" / name);
  }

  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CheckpointFolderTest, TheNewestAndTheBestStay) {
  for (const int64_t step : {1, 2, 3, 4, 5}) {
    commit(step);
  }

  remove_old_checkpoints(run.path(), /*step=*/5, /*keep=*/2, /*best_step=*/2);

  EXPECT_THAT(
      names(), ElementsAre("step-00000002", "step-00000004", "step-00000005"));
}

TEST_F(CheckpointFolderTest, TheBestCountsAmongTheNewest) {
  for (const int64_t step : {1, 2, 3}) {
    commit(step);
  }

  remove_old_checkpoints(run.path(), /*step=*/3, /*keep=*/2, /*best_step=*/3);

  EXPECT_THAT(names(), ElementsAre("step-00000002", "step-00000003"));
}

TEST_F(CheckpointFolderTest, RemovesLaterSkippedCheckpoints) {
  for (const int64_t step : {2, 4, 9}) {
    commit(step);
  }
  commit(6);

  remove_old_checkpoints(
      run.path(), /*step=*/6, /*keep=*/2, /*best_step=*/std::nullopt);

  EXPECT_THAT(names(), ElementsAre("step-00000004", "step-00000006"));
}

TEST_F(CheckpointFolderTest, RemovesAnEarlierAttemptAtAStep) {
  commit(2);
  commit(4);
  commit(4);

  remove_old_checkpoints(
      run.path(), /*step=*/4, /*keep=*/2, /*best_step=*/std::nullopt);

  EXPECT_THAT(names(), ElementsAre("step-00000002", "step-00000004.2"));
}

TEST_F(CheckpointFolderTest, RemovesTheTemporaryFoldersOfAKilledRun) {
  commit(1);
  const auto checkpoints = run.path() / "checkpoints";
  write_file(checkpoints / "writing-step-00000002" / "state", "half");
  write_file(checkpoints / "removing-step-00000000" / "state", "half");

  remove_unfinished_checkpoints(run.path());

  EXPECT_THAT(names(), ElementsAre("step-00000001"));
  EXPECT_FALSE(fs::exists(checkpoints / "writing-step-00000002"));
  EXPECT_FALSE(fs::exists(checkpoints / "removing-step-00000000"));
}

TEST_F(CheckpointFolderTest, NamesAFileInTheWay) {
  write_file(run.path() / "checkpoints", "a file");

  EXPECT_THAT(
      [&] { begin_checkpoint(run.path(), 1); },
      ThrowsMessage<IoError>(HasSubstr("writing-step-00000001: cannot write")));
}

} // namespace
} // namespace microfiche::training
