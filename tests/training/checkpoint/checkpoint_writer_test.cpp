#include "training/checkpoint/checkpoint_writer.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class CheckpointWriterTest : public ::testing::Test {
 protected:
  CheckpointWriterTest() {
    config.checkpoints.in_background = true;
  }

  void save(CheckpointWriter& writer, int64_t step) const {
    TrainingPosition position;
    position.step = step;
    writer.save(position, config, {{"model.a", weights}});
  }

  /// Nothing can be written any more.
  void break_disk() const {
    fs::rename(run.path() / "checkpoints", run.path() / "moved");
    write_file(run.path() / "checkpoints", "a file in the way");
  }

  void mend_disk() const {
    fs::remove(run.path() / "checkpoints");
    fs::rename(run.path() / "moved", run.path() / "checkpoints");
  }

  const tests::TemporaryFolder run;
  TrainingConfig config = tests::small_training(run.path());
  /// 16 MB: hashing and writing it takes longer than changing it.
  torch::Tensor weights = torch::ones({4, 1000, 1000});
};

TEST_F(CheckpointWriterTest, HoldsTheValuesAtTheCallOfSave) {
  CheckpointWriter writer(run.path());

  save(writer, 1);
  weights.fill_(2);
  writer.wait();

  const auto found = find_checkpoint(run.path());
  ASSERT_TRUE(found);
  EXPECT_TRUE(
      torch::equal(found->tensors.at("model.a"), torch::ones({4, 1000, 1000})));
}

TEST_F(CheckpointWriterTest, WaitsForThePreviousCheckpoint) {
  CheckpointWriter writer(run.path());

  save(writer, 1);
  save(writer, 2);

  EXPECT_TRUE(find_checkpoint(run.path(), 1));
  writer.wait();
  EXPECT_EQ(find_checkpoint(run.path())->position.step, 2);
}

TEST_F(CheckpointWriterTest, TheNextSaveThrowsItsError) {
  CheckpointWriter writer(run.path());
  save(writer, 1);
  writer.wait();
  break_disk();

  save(writer, 2);

  EXPECT_THAT(
      [&] { save(writer, 3); },
      ThrowsMessage<IoError>(HasSubstr("writing-step-00000002: cannot write")));
  mend_disk();
  EXPECT_EQ(find_checkpoint(run.path())->position.step, 1);
}

TEST_F(CheckpointWriterTest, WaitThrowsItsError) {
  CheckpointWriter writer(run.path());
  write_file(run.path() / "checkpoints", "a file in the way");

  save(writer, 1);

  EXPECT_THROW(writer.wait(), IoError);
}

TEST_F(CheckpointWriterTest, TheDestructorWaits) {
  {
    CheckpointWriter writer(run.path());
    save(writer, 1);
  }

  EXPECT_TRUE(find_checkpoint(run.path()));
}

TEST_F(CheckpointWriterTest, ARunWhoseCheckpointsAreAllBrokenIsRefused) {
  {
    CheckpointWriter writer(run.path());
    save(writer, 1);
  }
  for (const auto& file : std::filesystem::recursive_directory_iterator(
           run.path() / "checkpoints")) {
    if (file.path().filename() == "checkpoint.json") {
      write_file(file.path(), "{");
    }
  }

  EXPECT_THAT(
      [&] { find_checkpoint(run.path()); },
      ThrowsMessage<InputError>(
          HasSubstr("none of its 1 checkpoints can be read")));
}

TEST_F(CheckpointWriterTest, InTheForegroundItIsCompleteAtOnce) {
  config.checkpoints.in_background = false;
  CheckpointWriter writer(run.path());

  save(writer, 1);

  EXPECT_TRUE(find_checkpoint(run.path()));
}

} // namespace
} // namespace microfiche::training
