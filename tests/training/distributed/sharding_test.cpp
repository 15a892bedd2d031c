#include "training/distributed/sharding.h"

#include "core/files.h"
#include "tests/training/distributed/processes.h"
#include "tests/training/small_training.h"
#include "training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShardingFolder = "MICROFICHE_SHARDING";

TEST(BalanceSharesTest, TheLargestItemsGoFirstToTheSmallestSum) {
  EXPECT_EQ(
      balance_shares({3, 9, 5, 4}, /*processes=*/2),
      (std::vector<int64_t>{0, 0, 1, 1}));
}

TEST(BalanceSharesTest, WithMoreProcessesThanItemsSomeHaveNone) {
  EXPECT_EQ(
      balance_shares({1, 1}, /*processes=*/3), (std::vector<int64_t>{0, 1}));
}

/// Masters, moments and averages, each as a separate copy; the final model is
/// that of the checkpoint of an early step.
TrainingConfig training_with_all_state(const fs::path& folder) {
  auto config = tests::small_training(folder);
  for (auto& stage : config.stages) {
    stage.batches_per_step = 6;
  }
  config.precision = "bf16";
  config.average_decay = 0.9;
  config.checkpoints.keep = 10;
  config.checkpoints.best = "*";
  config.evaluation.every_steps = 2;
  return config;
}

void train_sharded(bool shard_state, const char* run) {
  const fs::path folder = std::getenv(kShardingFolder);
  ProcessGroup group(rank_info_from_environment().value(), torch::kCPU);
  auto config = training_with_all_state(folder);
  config.optimizer.shard_state = shard_state;
  Trainer(config, folder / run, torch::kCPU, &group).run();
}

TEST(ShardingWorker, DISABLED_TrainsWhole) {
  train_sharded(false, "whole");
}

TEST(ShardingWorker, DISABLED_TrainsSharded) {
  train_sharded(true, "sharded");
}

class ShardingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv(kShardingFolder, folder.path().c_str(), 1);
    training_with_all_state(folder.path());
  }

  void TearDown() override {
    unsetenv(kShardingFolder);
  }

  void run(const std::string& worker, int64_t processes) const {
    ASSERT_THAT(
        tests::run_processes("ShardingWorker.DISABLED_" + worker, processes),
        ::testing::Each(0));
  }

  /// Bytes that a process wrote of the last checkpoint.
  double bytes_of(const std::string& prefix) const {
    uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(
             folder.path() / "sharded" / "checkpoints" / "step-00000007")) {
      if (entry.path().filename().string().starts_with(prefix)) {
        bytes += entry.file_size();
      }
    }
    return static_cast<double>(bytes);
  }

  const tests::TemporaryFolder folder;
};

TEST_F(ShardingTest, TrainsToTheSameBitsWithHalfTheStatePerProcess) {
  run("TrainsWhole", 2);
  run("TrainsSharded", 2);

  EXPECT_EQ(
      tests::logged_losses(folder.path() / "sharded"),
      tests::logged_losses(folder.path() / "whole"));
  EXPECT_EQ(
      read_file(folder.path() / "sharded" / "model" / "model.safetensors"),
      read_file(folder.path() / "whole" / "model" / "model.safetensors"));
  const double first = bytes_of("state-0000-");
  EXPECT_GT(first, 0);
  EXPECT_NEAR(first / bytes_of("state-0001-"), 1, 0.1);
}

TEST_F(ShardingTest, AnotherNumberOfProcessesResumesFromTheCheckpoint) {
  run("TrainsSharded", 2);
  const auto expected = tests::logged_losses(folder.path() / "sharded");
  for (const char* later : {"step-00000006", "step-00000007"}) {
    fs::remove_all(folder.path() / "sharded" / "checkpoints" / later);
  }

  run("TrainsSharded", 3);

  const auto losses = tests::logged_losses(folder.path() / "sharded");
  ASSERT_EQ(losses.size(), expected.size());
  for (const auto& [step, loss] : expected) {
    // Gradients are summed in another order, in bf16.
    EXPECT_NEAR(losses.at(step), loss, 1e-2 * std::abs(loss)) << step;
  }
}

} // namespace
} // namespace microfiche::training
