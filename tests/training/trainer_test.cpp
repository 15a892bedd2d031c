#include "training/trainer.h"

#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "model/loaded_model.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <thread>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

TEST(TrainerTest, TrainsEveryStageAndWritesAModelThatLoads) {
  const tests::TemporaryFolder folder;
  const auto config = tests::small_training(folder.path());
  Trainer trainer(config, folder.path() / "run", torch::kCPU);

  const auto rows = trainer.run();

  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->size(), 2);
  EXPECT_EQ(trainer.position().step, 7);
  EXPECT_EQ(tests::logged_losses(folder.path() / "run").size(), 7);
  const auto loaded = model::load_model(folder.path() / "run" / "model");
  EXPECT_EQ(loaded.model->image_newline.sizes(), std::vector<int64_t>{32});
}

TEST(TrainerTest, LeavesTheLastTableToItsCaller) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  config.stages.resize(1);
  config.evaluation.every_steps = 1;
  ::testing::internal::CaptureStderr();

  Trainer(config, folder.path() / "run", torch::kCPU).run();

  const auto err = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(err, HasSubstr("step 2, held-out pages:"));
  EXPECT_THAT(err, Not(HasSubstr("step 3, held-out pages:")));
}

TEST(TrainerTest, LogsTheModeDensityAndLossesOfEachBatch) {
  const tests::TemporaryFolder folder;
  const auto config = tests::small_training(folder.path());
  const auto run = folder.path() / "run";

  Trainer(config, run, torch::kCPU).run();

  int64_t lines = 0;
  for_each_line(run / "metrics.jsonl", [&](std::string_view text, auto) {
    const auto line = Json::parse(text);
    if (!line.contains("batches")) {
      return;
    }
    ++lines;
    double mean_loss = 0;
    for (const auto& batch : line["batches"]) {
      EXPECT_TRUE(batch.contains("mode"));
      EXPECT_GT(batch["characters_per_token"], 0);
      EXPECT_GT(batch["font_size_px"], 0);
      mean_loss += batch["loss"].get<double>() /
          static_cast<double>(line["batches"].size());
    }
    EXPECT_NEAR(mean_loss, line["loss"].get<double>(), 1e-3);
  });
  EXPECT_EQ(lines, 7);
}

TEST(TrainerTest, RefusesTheFolderOfASweep) {
  const tests::TemporaryFolder folder;
  const auto config = tests::small_training(folder.path());
  const auto run = folder.path() / "run";
  fs::create_directory(run);
  write_file(run / "config.json", R"({"texts": ["data/text"]})");

  EXPECT_THAT(
      [&] { Trainer(config, run, torch::kCPU); },
      ThrowsMessage<InputError>(HasSubstr("is not a training")));
  EXPECT_THAT(read_file(run / "config.json"), HasSubstr("data/text"));
}

TEST(TrainerTest, SeesTheSamePagesWithMoreWorkers) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  const auto expected = tests::undisturbed_losses(config);

  config.workers = 4;

  EXPECT_EQ(tests::undisturbed_losses(config), expected);
}

TEST(TrainerTest, ResumesFromItsNewestCheckpointAfterSigkill) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // The child is this program run again; it finds its folder here.
  constexpr const char* kVariable = "MICROFICHE_KILLED_TRAINING";
  const tests::TemporaryFolder folder;
  setenv(kVariable, folder.path().c_str(), /*replace=*/0);
  const fs::path shared = std::getenv(kVariable);
  const auto config = tests::small_training(shared);
  const auto run_folder = shared / "run";
  const auto train_until_killed = [&] {
    std::thread killer([&] {
      while (!fs::exists(run_folder / "checkpoints" / "step-00000004")) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      kill(getpid(), SIGKILL);
    });
    killer.detach();
    Trainer(config, run_folder, torch::kCPU).run();
    std::this_thread::sleep_for(std::chrono::seconds(60));
  };

  EXPECT_EXIT(train_until_killed(), ::testing::KilledBySignal(SIGKILL), "");
  Trainer resumed(config, run_folder, torch::kCPU);
  EXPECT_GE(resumed.position().step, 4);
  ASSERT_TRUE(resumed.run());

  EXPECT_EQ(
      tests::logged_losses(run_folder), tests::undisturbed_losses(config));
  unsetenv(kVariable);
}

TEST(TrainerTest, StopsAtSigtermWithACheckpointWrittenInTheBackground) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr const char* kVariable = "MICROFICHE_STOPPED_TRAINING";
  const tests::TemporaryFolder folder;
  setenv(kVariable, folder.path().c_str(), /*replace=*/0);
  const fs::path shared = std::getenv(kVariable);
  auto config = tests::small_training(shared);
  config.stages[0].steps = 100'000;
  config.checkpoints.every_steps = 0;
  config.checkpoints.in_background = true;
  const auto train_until_stopped = [&] {
    install_stop_signals();
    std::thread stopper([&] {
      while (!fs::exists(shared / "run" / "metrics.jsonl")) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      kill(getpid(), SIGTERM);
    });
    try {
      Trainer(config, shared / "run", torch::kCPU).run();
    } catch (const Interrupted& stopped) {
      stopper.join();
      std::_Exit(static_cast<int>(stopped.exit_code()));
    }
  };

  EXPECT_EXIT(train_until_stopped(), ::testing::ExitedWithCode(143), "");

  const auto checkpoint = find_checkpoint(shared / "run");
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(
      checkpoint->position.step,
      static_cast<int64_t>(tests::logged_losses(shared / "run").size()));
  unsetenv(kVariable);
}

TEST(TrainerTest, LearnsToReadTwoPages) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  auto stage = config.stages[1];
  stage.steps = 150;
  stage.pages->fill = {0.9, 0.9};
  stage.pages->margin = {0.02, 0.02};
  stage.pages->line_height = {1.2, 1.2};
  tests::learn_two_texts(config, stage, folder.path());

  const auto rows = Trainer(config, folder.path() / "run", torch::kCPU).run();

  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->front().exact_pages, 8);
}

TEST(TrainerTest, ComputesInBf16WithFloat32Masters) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  const auto expected = tests::undisturbed_losses(config);
  config.precision = "bf16";

  const auto losses = tests::undisturbed_losses(config);

  ASSERT_EQ(losses.size(), expected.size());
  for (const auto& [step, loss] : expected) {
    EXPECT_NEAR(losses.at(step), loss, 0.05 * loss) << "step " << step;
  }
}

TEST(TrainerTest, StopsAtANonFiniteLossAndNamesTheParameter) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  Trainer trainer(config, folder.path() / "run", torch::kCPU);
  {
    const torch::NoGradGuard no_grad;
    trainer.model().model->encoder->projector->linear->weight.fill_(
        std::numeric_limits<float>::quiet_NaN());
  }

  EXPECT_THAT(
      [&] { trainer.run(); },
      ThrowsMessage<NumericError>(::testing::AllOf(
          HasSubstr("step 1 of stage \"encoder\""),
          HasSubstr("weight that is not finite: encoder.projector.linear"))));
}

TEST(TrainerTest, RefusesAFolderThatAnotherRunIsWritingTo) {
  const tests::TemporaryFolder folder;
  const auto config = tests::small_training(folder.path());
  const Trainer first(config, folder.path() / "run", torch::kCPU);

  EXPECT_THAT(
      [&] { Trainer(config, folder.path() / "run", torch::kCPU); },
      ThrowsMessage<IoError>(HasSubstr("another run is writing")));
}

TEST(TrainerTest, RefusesToResumeWithAnotherSeed) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  config.max_minutes = 1e-9;
  Trainer(config, folder.path() / "run", torch::kCPU).run();
  config.seed = 1;

  EXPECT_THAT(
      [&] { Trainer(config, folder.path() / "run", torch::kCPU); },
      ThrowsMessage<InputError>(
          HasSubstr("started with seed = 0, now it is 1")));
}

TEST(TrainerTest, RefusesToTrainQuantizedWeights) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  for (const auto format :
       {model::WeightFormat::kInt8, model::WeightFormat::kInt4}) {
    const auto name = model::format_name(format);
    config.model = folder.path() / name;
    model::save_model(
        model::load_model(
            tests::nano_model(), {torch::kCPU, torch::kFloat32, format}),
        config.model,
        torch::kFloat32,
        tests::byte_tokenizer());
    config.from_weights = true;

    EXPECT_THAT(
        [&] { Trainer(config, folder.path() / "run", torch::kCPU); },
        ThrowsMessage<InputError>(
            HasSubstr(name + ", which cannot be trained")));
  }
}

TEST(TrainerTest, RefusesARunWithoutText) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  config.corpus = {folder.path() / "no such folder"};

  EXPECT_THAT(
      [&] { Trainer(config, folder.path() / "run", torch::kCPU); },
      ThrowsMessage<InputError>(HasSubstr("no such file or folder")));
}

} // namespace
} // namespace microfiche::training
