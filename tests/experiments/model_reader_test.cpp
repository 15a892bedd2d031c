#include "experiments/runner/model_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/config.h"
#include "experiments/runner/report.h"
#include "tests/experiments/small_sweep.h"
#include "tests/support/tiny_model.h"

namespace microfiche::experiments {
namespace {

using ::testing::AnyOf;
using tests::TemporaryFolder;

/// A sweep of the tiny model, whose weights are random: what it reads is
/// nonsense, but always the same.
SweepConfig tiny_sweep() {
  auto sweep = small_sweep();
  sweep.modes = {"t4"};
  sweep.characters_per_token = {3, 6};
  sweep.pages_per_cell = 3;
  sweep.generation.max_new_tokens = 12;
  return sweep;
}

class ModelReaderTest : public ::testing::Test {
 protected:
  void run(const SweepConfig& sweep, const std::filesystem::path& folder) {
    const auto reader =
        make_model_reader(loaded, sweep.prompt, sweep.generation);
    run_sweep(
        sweep, reader, count_words, {{"model", reader.provenance}}, folder);
  }

  model::LoadedModel loaded = tests::make_tiny_model();
  TemporaryFolder folder;
};

TEST_F(ModelReaderTest, AModelRunsTheWholePathToTheReport) {
  run(tiny_sweep(), folder.path());

  const auto report = load_reported_run(folder.path());
  write_reports(report);

  EXPECT_EQ(report.run.samples.size(), 9u);
  for (const auto& sample : report.run.samples) {
    EXPECT_THAT(sample.stop, AnyOf("eos", "length", "loop"));
    EXPECT_EQ(sample.vision_tokens.nominal, 4);
    EXPECT_GT(sample.seconds.encode, 0);
    EXPECT_GE(sample.model_text_tokens, sample.characters);
  }
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "report.html"));
}

TEST_F(ModelReaderTest, AResumedRunReadsTheSame) {
  TemporaryFolder whole;
  run(tiny_sweep(), whole.path());
  run(tiny_sweep(), folder.path());
  const auto file = folder.path() / "samples.jsonl";
  const auto text = read_file(file);
  write_file(file, text.substr(0, text.size() / 2));

  run(tiny_sweep(), folder.path());

  EXPECT_EQ(timeless_samples(folder.path()), timeless_samples(whole.path()));
}

TEST_F(ModelReaderTest, TheLogLikelihoodOfAReferenceIsGivenWhereAsked) {
  auto sweep = tiny_sweep();
  sweep.log_likelihood = true;

  run(sweep, folder.path());

  for (const auto& sample : read_run(folder.path()).samples) {
    ASSERT_TRUE(sample.log_likelihood.has_value());
    // A model of random weights is no better than chance at bytes.
    EXPECT_LT(*sample.log_likelihood, -2.0 * sample.model_text_tokens);
    EXPECT_TRUE(std::isfinite(*sample.log_likelihood));
  }
}

TEST_F(ModelReaderTest, ThePromptAndTheModeOfTheModelAreTheDefaults) {
  const auto reader = make_model_reader(loaded, "", {});

  EXPECT_EQ(reader.find_mode("").name, "t4");
  EXPECT_EQ(reader.token_side_px, 32);
  EXPECT_TRUE(reader.provenance.contains("sha256"));
}

TEST(ShippedModelTest, TheSmokeSweepReadsPagesWithTheNanoModel) {
  const std::filesystem::path nano =
      MICROFICHE_SOURCE_DIR "/configs/models/nano";
  if (!std::filesystem::exists(nano / "model.safetensors")) {
    GTEST_SKIP() << nano << " has no weights yet";
  }
  auto loaded = model::load_model(nano);
  auto sweep = load_config<SweepConfig>(MICROFICHE_SOURCE_DIR
                                        "/configs/sweeps/smoke.json");
  sweep.texts = {MICROFICHE_SOURCE_DIR "/data/text/held_out"};
  TemporaryFolder folder;
  const auto reader = make_model_reader(loaded, sweep.prompt, sweep.generation);

  run_sweep(
      sweep,
      reader,
      count_words,
      {{"model", reader.provenance}},
      folder.path());

  const auto summary = load_reported_run(folder.path()).summary;
  const auto& sparsest = summary.cells.front();
  EXPECT_GT(
      metrics::find_metric(sparsest.metrics, "edit_similarity").mean, 0.6);
  EXPECT_LT(
      metrics::find_metric(sparsest.wrong_page, "edit_similarity").mean, 0.5);
}

} // namespace
} // namespace microfiche::experiments
