#include "model/vision_token_file.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "model/state_dict.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

SavedVisionTokens example() {
  SavedVisionTokens saved;
  saved.tokens.sequence = torch::randn({7, 4});
  saved.tokens.counts = {4, 3, 7};
  saved.tokens.mode = "t4";
  saved.tokens.grid = {2, 1};
  saved.tokens.page_width_px = 1654;
  saved.tokens.page_height_px = 2339;
  saved.model_hash = "abc";
  return saved;
}

TEST(VisionTokenFileTest, ReadsWhatItWrote) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "page.safetensors";
  const auto saved = example();

  write_vision_tokens(file, saved);
  const auto read = read_vision_tokens(file);

  EXPECT_TRUE(torch::equal(read.tokens.sequence, saved.tokens.sequence));
  EXPECT_EQ(read.tokens.counts, saved.tokens.counts);
  EXPECT_EQ(read.tokens.mode, "t4");
  EXPECT_EQ(read.tokens.grid, saved.tokens.grid);
  EXPECT_EQ(read.tokens.page_height_px, 2339);
  EXPECT_EQ(read.model_hash, "abc");
}

TEST(VisionTokenFileTest, MetadataHaveStableNames) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "page.safetensors";

  write_vision_tokens(path, example());

  const checkpoint::SafetensorsFile file(path);
  const std::map<std::string, std::string> expected = {
      {"mode", "t4"},
      {"image_size", "1654x2339"},
      {"tiles", "2x1"},
      {"nominal", "4"},
      {"valid", "3"},
      {"positions", "7"},
      {"model_hash", "abc"}};
  EXPECT_EQ(file.metadata(), expected);
}

TEST(VisionTokenFileTest, RefusesAFileWithoutVisionTokens) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "other.safetensors";
  const auto tensor = torch::zeros({2, 2});
  checkpoint::write_safetensors(path, {view_bytes("other", tensor)});

  EXPECT_THAT(
      [&] { read_vision_tokens(path); },
      ThrowsMessage<InputError>(HasSubstr("from `microfiche encode`")));
}

TEST(VisionTokenFileTest, RefusesMetadataThatDoNotFitTheTensor) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "page.safetensors";
  auto saved = example();
  saved.tokens.counts.positions = 8;
  write_vision_tokens(path, saved);

  EXPECT_THAT(
      [&] { read_vision_tokens(path); },
      ThrowsMessage<InputError>(
          HasSubstr("8 positions but \"vision_tokens\" has 7 rows")));
}

TEST(VisionTokenFileTest, RefusesInvalidMetadata) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "page.safetensors";
  const auto expect_refused = [&](const SavedVisionTokens& saved,
                                  const std::string& words) {
    write_vision_tokens(path, saved);
    EXPECT_THAT(
        [&] { read_vision_tokens(path); },
        ThrowsMessage<InputError>(
            AllOf(HasSubstr(path.string()), HasSubstr(words))));
  };

  auto saved = example();
  saved.tokens.page_width_px = 0;
  expect_refused(saved, "\"image_size\": expected two positive numbers");

  saved = example();
  saved.tokens.grid = {int64_t{1} << 40, int64_t{1} << 40};
  expect_refused(saved, "\"tiles\": expected two positive numbers");

  saved = example();
  saved.tokens.counts.valid = 5;
  expect_refused(saved, "5 valid of 4 nominal tokens");

  saved = example();
  saved.tokens.sequence = torch::empty({0, 4});
  saved.tokens.counts.positions = 0;
  expect_refused(saved, "expected at least one position");
}

} // namespace
} // namespace microfiche::model
