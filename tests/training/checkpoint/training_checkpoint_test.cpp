#include "training/checkpoint/training_checkpoint.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class TrainingCheckpointTest : public ::testing::Test {
 protected:
  void save(int64_t step, std::optional<int64_t> best_step = std::nullopt) {
    TrainingPosition position;
    position.step = step;
    position.best_step = best_step.value_or(0);
    position.best_precision = best_step ? std::optional(0.5) : std::nullopt;
    position.characters = 10 * step;
    save_checkpoint(folder_.path(), position, config_, tensors_);
  }

  fs::path checkpoints() const {
    return folder_.path() / "checkpoints";
  }

  /// Names in the checkpoints folder, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(checkpoints())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  tests::TemporaryFolder folder_;
  TrainingConfig config_ = tests::small_training(folder_.path());
  std::map<std::string, torch::Tensor> tensors_ = {
      {"model.a", torch::randn({3, 4})},
      {"model.b", torch::randn({40'000})}};
};

TEST_F(TrainingCheckpointTest, RestoresTheSameBits) {
  save(5);

  const auto found = find_checkpoint(folder_.path());

  ASSERT_TRUE(found);
  EXPECT_EQ(found->position.step, 5);
  EXPECT_EQ(found->position.characters, 50);
  EXPECT_EQ(write_config(found->training), write_config(config_));
  for (const auto& [name, tensor] : tensors_) {
    EXPECT_TRUE(torch::equal(found->tensors.at(name), tensor)) << name;
  }
}

TEST_F(TrainingCheckpointTest, KeepsFilesBelowTheirMaximumSize) {
  config_.checkpoints.shard_bytes = 100'000;
  for (int64_t i = 0; i < 8; ++i) {
    tensors_["model.c" + std::to_string(i)] = torch::randn({10'000});
  }

  save(1);

  int64_t shards = 0;
  for (const auto& entry :
       fs::directory_iterator(checkpoints() / "step-00000001")) {
    const bool alone = entry.file_size() > 160'000;
    EXPECT_TRUE(entry.file_size() <= 100'000 || alone) << entry.path();
    ++shards;
  }
  EXPECT_GE(shards, 5);
  const auto found = find_checkpoint(folder_.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tensors.size(), tensors_.size());
}

TEST_F(TrainingCheckpointTest, KeepsTheNewestOnly) {
  for (const int64_t step : {1, 2, 3, 10}) {
    save(step);
  }

  EXPECT_EQ(
      names(), (std::vector<std::string>{"step-00000003", "step-00000010"}));
}

TEST_F(TrainingCheckpointTest, FindsNothingInAnEmptyFolder) {
  EXPECT_FALSE(find_checkpoint(folder_.path()));
}

TEST_F(TrainingCheckpointTest, SkipsACheckpointWithOtherBytes) {
  save(1);
  save(2);
  const fs::path shard =
      checkpoints() / "step-00000002" / "state-00001.safetensors";
  std::string bytes = read_file(shard);
  bytes.back() ^= 1;
  write_file(shard, bytes);

  const auto found = find_checkpoint(folder_.path());

  ASSERT_TRUE(found);
  EXPECT_EQ(found->position.step, 1);
}

TEST_F(TrainingCheckpointTest, SkipsACheckpointWithoutItsManifest) {
  save(1);
  save(2);
  fs::remove(checkpoints() / "step-00000002" / "checkpoint.json");

  const auto found = find_checkpoint(folder_.path());

  ASSERT_TRUE(found);
  EXPECT_EQ(found->position.step, 1);
}

TEST_F(TrainingCheckpointTest, SkipsAFileOfAnotherSize) {
  save(1);
  save(2);
  const fs::path shard =
      checkpoints() / "step-00000002" / "state-00001.safetensors";
  fs::resize_file(shard, fs::file_size(shard) - 1);

  ::testing::internal::CaptureStderr();
  const auto found = find_checkpoint(folder_.path());

  ASSERT_TRUE(found);
  EXPECT_EQ(found->position.step, 1);
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      ContainsRegex("state-00001.safetensors: expected [0-9]+ bytes, got"));
}

TEST_F(TrainingCheckpointTest, KeepsTheBestBesideTheNewest) {
  for (const int64_t step : {1, 2, 3, 4}) {
    save(step, /*best_step=*/1);
  }

  EXPECT_EQ(
      names(),
      (std::vector<std::string>{
          "step-00000001", "step-00000003", "step-00000004"}));
  EXPECT_EQ(find_checkpoint(folder_.path(), 1)->position.step, 1);
}

TEST_F(TrainingCheckpointTest, FindsTheLaterAttemptAtAStep) {
  save(1);
  tensors_["model.a"].fill_(7);
  save(1);

  EXPECT_EQ(names(), std::vector<std::string>{"step-00000001.2"});
  const auto found = find_checkpoint(folder_.path());
  EXPECT_TRUE(torch::equal(found->tensors.at("model.a"), tensors_["model.a"]));
}

TEST_F(TrainingCheckpointTest, PrintsThePathOfACompleteCheckpoint) {
  ::testing::internal::CaptureStderr();
  save(3);

  EXPECT_EQ(
      ::testing::internal::GetCapturedStderr(),
      "checkpoint: " + (checkpoints() / "step-00000003\n").string());
}

TEST_F(TrainingCheckpointTest, KeepsOlderCheckpointsIfTheDiskIsFull) {
  save(1);
  // Writing beyond a limit fails as writing to a full disk does.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited = {};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  rlimit limited = unlimited;
  limited.rlim_cur = 50'000;
  setrlimit(RLIMIT_FSIZE, &limited);

  EXPECT_THAT(
      [&] { save(2); },
      ThrowsMessage<IoError>(::testing::AllOf(
          HasSubstr("state-00001.safetensors: cannot write: File too large"),
          HasSubstr("checkpoint of step 2 takes 160048 bytes"))));

  setrlimit(RLIMIT_FSIZE, &unlimited);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(names(), std::vector<std::string>{"step-00000001"});
  EXPECT_EQ(find_checkpoint(folder_.path())->position.step, 1);
}

TEST_F(TrainingCheckpointTest, NamesTheTensorsThatDoNotMatch) {
  save(1);
  const auto found = find_checkpoint(folder_.path());

  EXPECT_THAT(
      [&] {
        restore(
            *found,
            {{"model.a", torch::zeros({4, 3})},
             {"model.missing", torch::zeros({1})}});
      },
      ThrowsMessage<InputError>(::testing::AllOf(
          HasSubstr("other shape: model.a: expected [4, 3], got [3, 4]"),
          HasSubstr("missing: model.missing"))));
}

} // namespace
} // namespace microfiche::training
