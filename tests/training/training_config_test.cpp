#include "training/training_config.h"

#include "core/config.h"
#include "core/error.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// The small training as JSON, for one field to be changed.
Json small_json() {
  const tests::TemporaryFolder folder;
  return write_config(tests::small_training(folder.path()));
}

void expect_refused(const Json& json, const std::string& words) {
  EXPECT_THAT(
      [&] { read_config<TrainingConfig>(json, "test"); },
      ThrowsMessage<InputError>(HasSubstr(words)));
}

TEST(TrainingConfigTest, IsTheSameAfterWritingAndReading) {
  const Json json = small_json();

  EXPECT_EQ(write_config(read_config<TrainingConfig>(json, "test")), json);
}

TEST(TrainingConfigTest, SuggestsTheFieldThatWasMeant) {
  Json json = small_json();
  json["stages"][0]["stepz"] = 3;

  expect_refused(json, "did you mean \"steps\"");
}

TEST(TrainingConfigTest, RefusesAStageThatTrainsNothing) {
  Json json = small_json();
  json["stages"][1]["rates"] = Json::array();

  expect_refused(json, "nothing is trained");
}

TEST(TrainingConfigTest, RefusesGlyphPointsThatNoLossUses) {
  Json json = small_json();
  json["stages"][1]["losses"]["glyph"] = 0;

  expect_refused(json, "needs batch.points_per_page or");
}

TEST(TrainingConfigTest, RefusesKeptTokensWithoutADensityOrTrainedWeights) {
  Json json = small_json();
  json["stages"][0]["losses"]["kept_tokens"] = 1;

  expect_refused(json, "needs kept_characters_per_token above 0");

  json["stages"][0]["kept_characters_per_token"] = 20;
  expect_refused(json, "works with from_weights and without an adapter");

  json["stages"][0]["losses"]["kept_tokens"] = 0;
  expect_refused(json, "without it there must be none");
}

TEST(TrainingConfigTest, RefusesBalanceWithoutReading) {
  Json json = small_json();
  json["stages"][0]["losses"]["balance"] = 0.1;

  expect_refused(json, "no effect without reading");
}

TEST(TrainingConfigTest, RefusesAnUnknownPrecision) {
  Json json = small_json();
  json["precision"] = "f16";

  expect_refused(json, "expected \"f32\" or \"bf16\", got \"f16\"");
}

TEST(TrainingConfigTest, RefusesAnEvaluationOnAnUnknownKindOfText) {
  Json json = small_json();
  json["evaluation"]["texts"] = {"random_leters"};

  expect_refused(
      json,
      "evaluation.texts: no kind of text named \"random_leters\"; did you mean");
}

TEST(TrainingConfigTest, RefusesTwoSourcesOfHeldOutText) {
  Json json = small_json();
  json["held_out_fraction"] = 0.1;

  expect_refused(json, "either held_out names files or");
}

TEST(TrainingConfigTest, EveryPresetIsValid) {
  const auto folder =
      std::filesystem::path(MICROFICHE_SOURCE_DIR) / "configs/training";
  std::vector<std::string> read;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_FALSE(load_config<TrainingConfig>(entry.path()).stages.empty());
    read.push_back(entry.path().filename().string());
  }

  EXPECT_THAT(
      read,
      ::testing::IsSupersetOf(
          {"paper_stage1.json",
           "paper_stage2.json",
           "deepseek_ocr_lora.json",
           "nano_font.json",
           "nano_font_lora.json",
           "nano_font_replay.json"}));
}

TEST(CheckResumableTest, LetsLaterStagesAndTimeLimitsChange) {
  const tests::TemporaryFolder folder;
  const auto before = tests::small_training(folder.path());
  auto now = before;
  now.stages[1].steps = 100;
  now.max_minutes = 5;
  now.workers = 7;

  EXPECT_NO_THROW(check_resumable(before, now, /*stage=*/0, "test"));
}

TEST(CheckResumableTest, RefusesAChangeOfTheCurrentStage) {
  const tests::TemporaryFolder folder;
  const auto before = tests::small_training(folder.path());
  auto now = before;
  now.stages[1].steps = 100;

  EXPECT_THAT(
      [&] { check_resumable(before, now, /*stage=*/1, "test"); },
      ThrowsMessage<InputError>(
          HasSubstr("started with stages.1.steps = 4, now it is 100; resume")));
}

TEST(CheckResumableTest, RefusesAnotherSeed) {
  const tests::TemporaryFolder folder;
  const auto before = tests::small_training(folder.path());
  auto now = before;
  now.seed = 9;

  EXPECT_THAT(
      [&] { check_resumable(before, now, /*stage=*/0, "test"); },
      ThrowsMessage<InputError>(
          HasSubstr("started with seed = 0, now it is 9")));
}

TEST(TrainingConfigTest, RefusesAidsForTextsWithoutVectors) {
  Json json = small_json();
  json["stages"].erase(0);
  json["stages"][0]["losses"]["glyph"] = 0;
  json["stages"][0]["batch"]["points_per_page"] = 0;
  json["stages"][0]["aids"]["attention"] = 1;
  json["text_compressor"] = {{"method", "mean_pooling"}};
  EXPECT_NO_THROW(read_config<TrainingConfig>(json, "test"));

  json["text_compressor"] = {{"method", "whole_text"}};

  expect_refused(json, "aids: this text_compressor has no vectors");
}

TEST(TrainingConfigTest, RefusesKeptTokensWithoutEncodedPages) {
  Json json = small_json();
  json["stages"].erase(0);
  auto& stage = json["stages"][0];
  stage["losses"]["glyph"] = 0;
  stage["batch"]["points_per_page"] = 0;
  stage["losses"]["kept_tokens"] = 1;
  stage["kept_characters_per_token"] = 20;
  json["from_weights"] = true;
  json["text_compressor"] = {{"method", "mean_pooling"}};

  expect_refused(json, "and so does kept_tokens");
}

TEST(TrainingConfigTest, RefusesGlyphHeadsWithoutEncodedPages) {
  Json json = small_json();
  json["text_compressor"] = {{"method", "mean_pooling"}};

  expect_refused(json, "glyph heads need encoded pages");
}

TEST(TrainingConfigTest, RefusesPartsOfAnotherModelWithLoadedWeights) {
  Json json = small_json();
  json["from_weights"] = true;
  json["parts_from"] = {{"model", "other"}, {"parts", {"sam"}}};

  expect_refused(json, "parts_from: has no effect with from_weights");
}

} // namespace
} // namespace microfiche::training
