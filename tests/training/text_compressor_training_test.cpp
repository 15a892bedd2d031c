#include "training/trainer.h"

#include "tests/training/small_training.h"
#include "text_compression/text_compressor_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

using text_compression::Method;
using text_compression::TextCompressorConfig;

/// A training of four steps on texts in place of their pages.
TrainingConfig text_training(
    const std::filesystem::path& folder,
    const TextCompressorConfig& compressor) {
  auto config = tests::small_training(folder);
  auto& stage = config.stages[1];
  stage.losses["glyph"] = 0;
  stage.batch.points_per_page = 0;
  stage.rates = {{"encoder.*", 0, 0}, {"heads.*", 0, 0}, {"*"}};
  config.stages = {stage};
  config.text_compressor = compressor;
  return config;
}

TEST(TextCompressorTrainingTest, ResumesToTheSameBits) {
  const tests::TemporaryFolder folder;
  const auto config = text_training(
      folder.path(), {.method = Method::kConvPyramid, .levels = 3});
  const auto expected = tests::undisturbed_losses(config);
  const auto run_folder = folder.path() / "run";
  auto stopping = config;
  // Over after the first step of each start.
  stopping.max_minutes = 1e-9;

  int64_t starts = 0;
  do {
    ASSERT_LE(++starts, 4);
  } while (!Trainer(stopping, run_folder, torch::kCPU).run());

  EXPECT_EQ(tests::logged_losses(run_folder), expected);
}

TEST(TextCompressorTrainingTest, ReadsTheSameFromItsModelFolder) {
  const tests::TemporaryFolder folder;
  const auto config = text_training(
      folder.path(), {.method = Method::kLatentQueries, .heads = 2});
  const auto run = folder.path() / "run";

  const auto rows = Trainer(config, run, torch::kCPU).run();

  auto loaded =
      model::load_model(run / "model", {torch::kCPU, torch::kFloat32});
  const auto compressor = text_compression::load_text_compressor(loaded);
  ASSERT_TRUE(rows && compressor);
  Evaluation again;
  evaluate(
      loaded,
      compressor->compressor,
      *TrainingData(config, loaded).held_out_pages(),
      config.evaluation,
      config.seed,
      again);
  ASSERT_EQ(again.rows.size(), rows->size());
  for (size_t i = 0; i < rows->size(); ++i) {
    EXPECT_EQ(again.rows[i].density, (*rows)[i].density);
    // The trained weights were float32, those of the folder are bf16.
    EXPECT_NEAR(again.rows[i].precision, (*rows)[i].precision, 0.2);
  }
}

TEST(TextCompressorTrainingTest, LearnsToCopyTwoTexts) {
  const tests::TemporaryFolder folder;
  auto config = text_training(
      folder.path(), {.method = Method::kConvPyramid, .levels = 2});
  auto stage = config.stages[0];
  stage.steps = 60;
  tests::learn_two_texts(config, stage, folder.path());

  const auto rows = Trainer(config, folder.path() / "run", torch::kCPU).run();

  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->front().exact_pages, 8);
}

class EachInputTest : public ::testing::TestWithParam<TextCompressorConfig> {};

TEST_P(EachInputTest, EveryTrainedParameterGetsAGradient) {
  const tests::TemporaryFolder folder;
  const auto config = text_training(folder.path(), GetParam());
  auto trained = make_trained_model(config, torch::kCPU);
  trained.loaded.model->train();
  const TrainingData data(config, trained.loaded);
  LossFunction loss(trained.loaded, trained.heads, trained.text_compressor);

  loss(
      to_device(data.batches(0)(0), trained.loaded.model->tensor_options()),
      config.stages[0].losses)
      .total.backward();

  for (const auto& parameter : trained.parameters) {
    if (parameter.name.starts_with("text_compressor.") ||
        parameter.name.starts_with("decoder.token_embedding.")) {
      EXPECT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All,
    EachInputTest,
    ::testing::Values(
        TextCompressorConfig{.method = Method::kTruncationLast},
        TextCompressorConfig{.method = Method::kMeanPooling, .raw_last = 1},
        TextCompressorConfig{.method = Method::kConvPyramid},
        TextCompressorConfig{.method = Method::kLatentQueries, .heads = 2},
        TextCompressorConfig{.method = Method::kWholeText},
        TextCompressorConfig{.method = Method::kNoText}),
    [](const auto& info) {
      return Json(info.param.method).template get<std::string>();
    });

} // namespace
} // namespace microfiche::training
