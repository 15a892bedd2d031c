#include "sweep/run/model_reader.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "analysis/costs.h"
#include "analysis/run_analysis.h"
#include "core/config.h"
#include "report/write_report.h"
#include "tests/support/tiny_model.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
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
    const auto reader = make_model_reader(loaded);
    run_small_sweep(sweep, *reader, folder);
  }

  model::LoadedModel loaded = tests::make_tiny_model();
  TemporaryFolder folder;
};

TEST_F(ModelReaderTest, AModelRunsTheWholePathToTheReport) {
  run(tiny_sweep(), folder.path());

  const auto report = analysis::analyze_run(folder.path());
  report::write_run_report(report::make_report({report}));

  EXPECT_EQ(report.run.samples.size(), 9u);
  for (const auto& sample : report.run.samples) {
    EXPECT_THAT(sample.reading.stop, AnyOf("eos", "length", "loop"));
    EXPECT_EQ(sample.reading.vision_tokens.nominal, 4);
    EXPECT_GT(sample.seconds.encode, 0);
    EXPECT_GE(sample.model_text_tokens, sample.page.characters);
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

TEST_F(ModelReaderTest, ReferencesAsDraftsChangeNoReading) {
  run(tiny_sweep(), folder.path());
  auto sweep = tiny_sweep();
  sweep.draft = "reference";
  TemporaryFolder drafted_folder;

  run(sweep, drafted_folder.path());

  const auto plain = read_run(folder.path());
  const auto drafted = read_run(drafted_folder.path());
  ASSERT_EQ(drafted.samples.size(), plain.samples.size());
  for (size_t i = 0; i < plain.samples.size(); ++i) {
    EXPECT_EQ(drafted.samples[i].reading.text, plain.samples[i].reading.text);
    EXPECT_FALSE(plain.samples[i].reading.draft.has_value());
    ASSERT_TRUE(drafted.samples[i].reading.draft.has_value());
    EXPECT_GT(drafted.samples[i].reading.draft->drafted, 0);
  }
  // The time with a draft is no cost of reading.
  const auto cost = analysis::compute_costs(drafted).front();
  EXPECT_EQ(cost.decode_seconds, 0);
  EXPECT_GT(cost.drafted_decode_seconds.value_or(0), 0);
}

TEST_F(ModelReaderTest, TheLogLikelihoodOfAReferenceIsGivenWhereAsked) {
  auto sweep = tiny_sweep();
  sweep.log_likelihood = true;

  run(sweep, folder.path());

  for (const auto& sample : read_run(folder.path()).samples) {
    ASSERT_TRUE(sample.reading.log_likelihood.has_value());
    // A model of random weights is no better than chance at bytes.
    EXPECT_LT(*sample.reading.log_likelihood, -2.0 * sample.model_text_tokens);
    EXPECT_TRUE(std::isfinite(*sample.reading.log_likelihood));
  }
}

TEST_F(ModelReaderTest, ThePagesTellWhatThePromptAloneDoesNot) {
  auto sweep = tiny_sweep();
  sweep.log_likelihood = true;

  run(sweep, folder.path());

  for (const auto& sample : read_run(folder.path()).samples) {
    ASSERT_TRUE(sample.reading.log_likelihood_without_page.has_value());
    EXPECT_NE(
        *sample.reading.log_likelihood_without_page,
        *sample.reading.log_likelihood);
    ASSERT_TRUE(sample.reading.confidence.has_value());
    const auto& [probability, correct] = *sample.reading.confidence;
    EXPECT_EQ(
        static_cast<int64_t>(probability.size()), sample.model_text_tokens);
    EXPECT_EQ(probability.size(), correct.size());
    for (const double p : probability) {
      // The likeliest of 260 ids has at least its share.
      EXPECT_GE(p, 1.0 / 260 - 1e-4);
      EXPECT_LE(p, 1);
    }
  }
}

TEST_F(ModelReaderTest, WithThePromptAloneAllPagesAreReadAlike) {
  auto sweep = tiny_sweep();
  sweep.conditions.tokens = {"prompt_alone"};
  sweep.controls = {false, false, {}, {}};
  sweep.log_likelihood = true;

  run(sweep, folder.path());

  const auto samples = read_run(folder.path()).samples;
  for (const auto& sample : samples) {
    EXPECT_EQ(sample.reading.vision_tokens.positions, 0);
    EXPECT_EQ(sample.reading.vision_tokens.nominal, 0);
    EXPECT_EQ(sample.kv_cache_bytes.page, 0);
    EXPECT_EQ(sample.reading.text, samples[0].reading.text);
    EXPECT_DOUBLE_EQ(
        *sample.reading.log_likelihood,
        *sample.reading.log_likelihood_without_page);
  }
}

TEST_F(ModelReaderTest, ConditionsOfTokensChangeWhatIsSpentAndRead) {
  auto sweep = tiny_sweep();
  sweep.controls = {false, false, {}, {}};
  sweep.characters_per_token = {6};
  sweep.conditions.tokens = {
      "none",
      "drop_random:50",
      "zero_sam",
      "zero_clip",
      "zero_tokens",
      "permute",
      "swap_tokens:100",
      "quantize_f16"};

  run(sweep, folder.path());

  std::map<std::string, std::vector<Sample>> cells;
  for (const auto& sample : read_run(folder.path()).samples) {
    cells[sample.cell.token_condition.value_or("none")].push_back(sample);
  }
  EXPECT_EQ(cells["none"][0].reading.vision_tokens.positions, 7);
  EXPECT_EQ(cells["drop_random:50"][0].reading.vision_tokens.positions, 5);
  EXPECT_EQ(cells["drop_random:50"][0].reading.vision_tokens.nominal, 2);
  const auto readings = [&](const std::string& cell) {
    std::vector<std::string> texts;
    for (const auto& sample : cells[cell]) {
      texts.push_back(sample.reading.text);
    }
    return texts;
  };
  for (const char* other :
       {"drop_random:50", "zero_sam", "zero_clip", "zero_tokens", "permute"}) {
    EXPECT_NE(readings(other), readings("none")) << other;
  }
  // Every page is read as the next one.
  const auto own = readings("none");
  EXPECT_THAT(
      readings("swap_tokens:100"),
      ::testing::ElementsAre(own[1], own[2], own[0]));
}

TEST_F(ModelReaderTest, TokensThatAreUsedAgainAreAsFreshOnes) {
  auto sweep = tiny_sweep();
  sweep.controls = {false, false, {}, {}};
  const std::vector<std::string> conditions = {
      "none", "token_noise:20", "zero_sam", "swap_tokens:50", "permute"};
  sweep.conditions.tokens = conditions;
  run(sweep, folder.path());
  std::map<std::string, Json> together;
  for (const auto& row : timeless_samples(folder.path())) {
    together[row["id"].get<std::string>()] = row;
  }

  size_t compared = 0;
  for (const auto& condition : conditions) {
    TemporaryFolder alone;
    sweep.conditions.tokens = {condition};
    run(sweep, alone.path());
    for (const auto& row : timeless_samples(alone.path())) {
      EXPECT_EQ(row, together[row["id"].get<std::string>()]);
      ++compared;
    }
  }
  EXPECT_EQ(compared, together.size());
}

TEST_F(ModelReaderTest, TheCacheOfAPageIsThatOfItsPositions) {
  run(tiny_sweep(), folder.path());

  const auto sample = read_run(folder.path()).samples.front();

  // Keys and values of two layers, 32 numbers of four bytes each.
  EXPECT_EQ(sample.kv_cache_bytes.page, 7 * 2 * 2 * 32 * 4);
  EXPECT_EQ(
      sample.kv_cache_bytes.text, sample.model_text_tokens * 2 * 2 * 32 * 4);
  EXPECT_GT(sample.peak_memory_bytes, 1 << 20);
  EXPECT_GT(sample.reading.new_tokens, 0);
  EXPECT_LE(sample.reading.new_tokens, 12);
}

TEST_F(ModelReaderTest, ThePromptAndTheModeOfTheModelAreTheDefaults) {
  const auto reader = make_model_reader(loaded);

  EXPECT_EQ(reader->find_mode("").name, "t4");
  EXPECT_EQ(reader->pixels_per_token(), 32);
  EXPECT_TRUE(reader->provenance().contains("sha256"));
}

TEST(ShippedModelTest, TheSmokeSweepReadsPagesWithTheNanoModel) {
  const std::filesystem::path nano =
      MICROFICHE_SOURCE_DIR "/configs/models/nano";
  auto loaded = model::load_model(nano);
  auto sweep = load_config<SweepConfig>(MICROFICHE_SOURCE_DIR
                                        "/configs/sweeps/smoke.json");
  sweep.texts = {MICROFICHE_SOURCE_DIR "/data/text/held_out"};
  TemporaryFolder folder;
  const auto reader = make_model_reader(loaded);

  run_small_sweep(sweep, *reader, folder.path());

  const auto summary = analysis::analyze_run(folder.path()).summary;
  const auto& sparsest = summary.cells.front();
  EXPECT_GT(
      metrics::find_metric(sparsest.metrics, "edit_similarity").mean, 0.6);
  EXPECT_LT(
      metrics::find_metric(sparsest.wrong_page, "edit_similarity").mean, 0.5);
}

TEST(ShippedModelTest, TheNumberOfThreadsChangesNoRow) {
  auto loaded = model::load_model(tests::nano_model());
  auto sweep = load_config<SweepConfig>(MICROFICHE_SOURCE_DIR
                                        "/configs/sweeps/smoke.json");
  sweep.texts = {MICROFICHE_SOURCE_DIR "/data/text/held_out"};
  sweep.modes = {"nano-4", "nano-9"};
  sweep.conditions.tokens = {"none", "zero_clip", "prompt_alone"};
  sweep.pages_per_cell = 3;
  sweep.generation.max_new_tokens = 20;
  sweep.log_likelihood = true;
  const auto reader = make_model_reader(loaded);
  const int before = at::get_num_threads();

  std::vector<std::vector<Json>> rows;
  for (const int threads : {1, 2, 4}) {
    at::set_num_threads(threads);
    TemporaryFolder folder;
    run_small_sweep(sweep, *reader, folder.path());
    rows.push_back(timeless_samples(folder.path()));
  }
  at::set_num_threads(before);

  EXPECT_EQ(rows[0].size(), 42u);
  EXPECT_EQ(rows[1], rows[0]);
  EXPECT_EQ(rows[2], rows[0]);
}

TEST(ShippedModelTest, ConditionsTakeFromTheNanoModelWhatItReads) {
  auto loaded = model::load_model(tests::nano_model());
  auto sweep = load_config<SweepConfig>(MICROFICHE_SOURCE_DIR
                                        "/configs/sweeps/smoke.json");
  sweep.texts = {MICROFICHE_SOURCE_DIR "/data/text/held_out"};
  sweep.characters_per_token = {5};
  sweep.controls = {false, false, {}, {}};
  sweep.conditions.text = {"corpus", "swapped_letters:50"};
  sweep.conditions.page = {"none", "blank"};
  sweep.conditions.tokens = {"none", "quantize_f16", "prompt_alone"};
  sweep.conditions.combine = Combine::kOneAtATime;
  sweep.log_likelihood = true;
  TemporaryFolder folder;
  const auto reader = make_model_reader(loaded);

  run_small_sweep(sweep, *reader, folder.path());

  const auto report = analysis::analyze_run(folder.path());
  report::write_run_report(report::make_report({report}));
  const auto& effects = report.effects;
  ASSERT_EQ(effects.size(), 4u);
  const auto& altered = effects[0];
  EXPECT_GT(altered.altered.words, 0);
  EXPECT_GT(altered.altered.read, altered.altered.corrected);
  const auto& blank = effects[1];
  EXPECT_TRUE(blank.is_floor);
  EXPECT_LT(blank.gap.difference.mean, -0.4);
  EXPECT_GT(blank.skill, 0.5);
  const auto& half = effects[2];
  EXPECT_FALSE(half.is_floor);
  EXPECT_NEAR(half.gap.difference.mean, 0, 0.05);
  EXPECT_TRUE(effects[3].is_floor);
  const auto& information = report.information;
  ASSERT_EQ(information.size(), 5u);
  EXPECT_GT(information[0].bits_gained.mean, 1);
  EXPECT_NEAR(information[4].bits_gained.mean, 0, 1e-9);
  for (const char* name :
       {"effects.csv", "information.csv", "reliability.csv", "costs.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  }
}

text_compression::LoadedTextCompressor raw_text() {
  return {
      text_compression::TextCompressor(text_compression::TextCompressorOptions(
          /*width=*/32, {.method = text_compression::Method::kWholeText})),
      "no file"};
}

TEST_F(ModelReaderTest, WithATextCompressorTheTextIsReadAndNotThePicture) {
  const auto reader = make_model_reader(loaded, raw_text());
  const auto mode = reader->find_mode("t4");
  const auto read = [&](uint64_t picture, const std::string& text) {
    const std::vector pages = {tests::noise_page(64, 64, picture)};
    BatchRequest request{pages, mode, {text}};
    request.generation.max_new_tokens = 12;
    return reader->read(request).pages.front();
  };

  EXPECT_EQ(read(1, "one").text, read(2, "one").text);
  EXPECT_NE(read(1, "one").text, read(1, "another").text);
  EXPECT_EQ(read(1, "one").vision_tokens.positions, 3);
}

TEST_F(ModelReaderTest, RefusesDamageToAPictureWhereTheTextIsRead) {
  const auto reader = make_model_reader(loaded, raw_text());
  auto sweep = tiny_sweep();
  sweep.controls.blank_page = false;
  sweep.conditions.page = {"none", "blur:1"};

  EXPECT_THAT(
      [&] { complete_config(sweep, *reader); },
      ::testing::ThrowsMessage<InputError>(
          ::testing::HasSubstr("gets the texts of the pages")));
}

} // namespace
} // namespace microfiche::sweep
