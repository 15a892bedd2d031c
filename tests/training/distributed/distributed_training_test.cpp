#include "training/trainer.h"

#include "core/error.h"
#include "tests/training/distributed/processes.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kFolder = "MICROFICHE_DISTRIBUTED_TRAINING";

/// Six batches per step in both stages, which two and three processes share.
TrainingConfig shared_training(const std::filesystem::path& folder) {
  auto config = tests::small_training(folder);
  for (auto& stage : config.stages) {
    stage.batches_per_step = 6;
  }
  return config;
}

/// One process's part of a training in the folder that the parent named.
void train_in(const char* run) {
  const std::filesystem::path folder = std::getenv(kFolder);
  const auto info = rank_info_from_environment().value();
  ProcessGroup group(info, torch::kCPU);
  Trainer(shared_training(folder), folder / run, torch::kCPU, &group).run();
}

class DistributedTrainingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv(kFolder, folder.path().c_str(), 1);
    config = shared_training(folder.path());
  }

  void TearDown() override {
    unsetenv(kFolder);
  }

  const tests::TemporaryFolder folder;
  TrainingConfig config;
};

TEST(DistributedTrainingWorker, DISABLED_Trains) {
  train_in("run");
}

TEST_F(DistributedTrainingTest, TwoAndThreeProcessesTrainAsOne) {
  const auto expected = tests::undisturbed_losses(config);
  for (const int64_t size : {2, 3}) {
    std::filesystem::remove_all(folder.path() / "run");

    EXPECT_THAT(
        tests::run_processes("DistributedTrainingWorker.DISABLED_Trains", size),
        ::testing::Each(0));

    const auto losses = tests::logged_losses(folder.path() / "run");
    ASSERT_EQ(losses.size(), expected.size());
    for (const auto& [step, loss] : expected) {
      // Gradients are the same sums in another order.
      EXPECT_NEAR(losses.at(step), loss, 1e-5 * std::abs(loss))
          << size << " processes, step " << step;
    }
    EXPECT_TRUE(std::filesystem::exists(
        folder.path() / "run" / "model" / "model.safetensors"));
  }
}

TEST(DistributedTrainingWorker, DISABLED_LosesOne) {
  const std::filesystem::path folder = std::getenv(kFolder);
  auto info = rank_info_from_environment().value();
  info.timeout = std::chrono::seconds(2);
  ProcessGroup group(info, torch::kCPU);
  Trainer trainer(shared_training(folder), folder / "run", torch::kCPU, &group);
  if (info.rank == 1) {
    std::thread([&] {
      while (trainer.position().step < 3) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      raise(SIGKILL);
    }).detach();
  }
  EXPECT_THAT(
      [&] { trainer.run(); },
      ThrowsMessage<Error>(
          HasSubstr("rank 1 of 2 has sent no heartbeat for 2 s")));
}

TEST_F(DistributedTrainingTest, AfterAKillTheSameCommandResumes) {
  const auto ends =
      tests::run_processes("DistributedTrainingWorker.DISABLED_LosesOne", 2);
  ASSERT_EQ(ends[0], 0);
  ASSERT_TRUE(WIFSIGNALED(ends[1]));

  EXPECT_THAT(
      tests::run_processes("DistributedTrainingWorker.DISABLED_Trains", 2),
      ::testing::Each(0));

  const auto expected = tests::undisturbed_losses(config);
  const auto losses = tests::logged_losses(folder.path() / "run");
  ASSERT_EQ(losses.size(), expected.size());
  for (const auto& [step, loss] : expected) {
    EXPECT_NEAR(losses.at(step), loss, 1e-5 * std::abs(loss)) << step;
  }
}

TEST(DistributedTrainingWorker, DISABLED_CannotDivide) {
  EXPECT_THAT(
      [] { train_in("run"); },
      ThrowsMessage<InputError>(HasSubstr(
          "batches_per_step is 6, which cannot be divided evenly among 4 "
          "processes")));
}

TEST_F(DistributedTrainingTest, RefusesBatchesThatCannotBeDivided) {
  EXPECT_THAT(
      tests::run_processes(
          "DistributedTrainingWorker.DISABLED_CannotDivide", 4),
      ::testing::Each(0));
}

} // namespace
} // namespace microfiche::training
