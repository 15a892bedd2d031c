#include "sweep/run/model_reader.h"

#include <gtest/gtest.h>

#include "core/config.h"
#include "model/loaded_model.h"
#include "model/model_config.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using tests::TemporaryFolder;

/// What the nano model reads of pages that it reads well and badly.
std::vector<Sample> read_nano(
    model::LoadedModel& nano,
    const std::string& draft,
    int64_t batch_pages) {
  auto sweep = load_config<SweepConfig>(MICROFICHE_SOURCE_DIR
                                        "/configs/sweeps/nano.json");
  sweep.texts = {MICROFICHE_SOURCE_DIR "/data/text/held_out"};
  sweep.characters_per_token = {5, 45};
  sweep.controls.blank_page = false;
  sweep.pages_per_cell = 4;
  sweep.pictures_per_cell = 0;
  sweep.generation.max_new_tokens = 60;
  sweep.draft = draft;
  sweep.log_likelihood = true;
  sweep.batch_pages = batch_pages;
  const auto reader = make_model_reader(nano);
  const TemporaryFolder folder;
  run_small_sweep(sweep, *reader, folder.path());
  return read_run(folder.path()).samples;
}

TEST(DraftedNanoTest, ADraftWithoutEffectIsSaid) {
  SweepConfig sweep;
  sweep.draft = "reference";
  auto config = model::load_model_config(MICROFICHE_SOURCE_DIR
                                         "/configs/models/nano/config.json");
  const auto warning_of = [&] {
    return unused_draft_warning(
        sweep, model::make_model(config, tests::byte_tokenizer()));
  };
  EXPECT_EQ(warning_of(), std::nullopt);

  config.language.num_key_value_heads = 4;
  config.language.sliding_window_size = 5;
  EXPECT_TRUE(warning_of().value_or("").starts_with("draft has no effect: "));

  sweep.draft = "";
  EXPECT_EQ(warning_of(), std::nullopt);
}

TEST(DraftedNanoTest, ADraftChangesNoReadingAndSavesSteps) {
  auto nano = model::load_model(MICROFICHE_SOURCE_DIR "/configs/models/nano");

  const auto plain = read_nano(nano, "", /*batch_pages=*/1);

  for (const int64_t batch_pages : {1, 5}) {
    const auto drafted = read_nano(nano, "reference", batch_pages);
    ASSERT_EQ(drafted.size(), plain.size());
    int64_t steps = 0;
    int64_t tokens = 0;
    for (size_t i = 0; i < plain.size(); ++i) {
      const auto& reading = drafted[i].reading;
      EXPECT_EQ(reading.text, plain[i].reading.text);
      EXPECT_EQ(reading.stop, plain[i].reading.stop);
      EXPECT_EQ(reading.new_tokens, plain[i].reading.new_tokens);
      // The score of the reference does not see the draft; batches of another
      // size round differently.
      const double expected = plain[i].reading.log_likelihood.value();
      EXPECT_NEAR(reading.log_likelihood.value(), expected, -1e-4 * expected);
      ASSERT_TRUE(reading.draft.has_value());
      EXPECT_LE(reading.draft->accepted, reading.draft->drafted);
      if (drafted[i].cell.characters_per_token == 5) {
        steps += reading.draft->steps;
        tokens += reading.new_tokens;
      }
    }
    // The model reads almost all of these pages.
    EXPECT_LT(steps, tokens / 2);
  }
}

} // namespace
} // namespace microfiche::sweep
