#include "sweep/run/load_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

namespace microfiche::sweep {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

void expect_load_refused(const char* text, const std::string& message) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "s.json", text);

  EXPECT_THAT(
      [&] { load_sweep(folder.path() / "s.json"); },
      ThrowsMessage<InputError>(HasSubstr(message)));
}

TEST(LoadSweepTest, APromptWithoutAnImageIsRefusedWithItsField) {
  expect_load_refused(
      R"({"characters_per_token": [5], "prompt": "Free OCR."})",
      "s.json: prompt");
  expect_load_refused(
      R"({"characters_per_token": [5],
          "prompts": {"a": "<image>", "b": "Read this."}})",
      "s.json: prompts.b");
}

TEST(LoadSweepTest, UnknownConditionsAreRefusedWithTheirField) {
  expect_load_refused(
      R"({"characters_per_token": [5], "conditions": {"page": ["rotat:3"]}})",
      "s.json: conditions.page: no condition named \"rotat\"");
  expect_load_refused(
      R"({"characters_per_token": [5], "conditions": {"tokens": ["none1"]}})",
      "s.json: conditions.tokens: no condition named \"none1\"");
}

TEST(LoadSweepTest, AConditionThatNeedsAnotherPageNeedsTwo) {
  expect_load_refused(
      R"({"characters_per_token": [5], "pages_per_cell": 1,
          "conditions": {"page": ["other_page"]}})",
      "pages_per_cell must be at least 2");
}

TEST(LoadSweepTest, AssignmentsChangeTheFile) {
  const auto sweep = load_sweep(
      MICROFICHE_SOURCE_DIR "/configs/sweeps/nano.json", {"pages_per_cell=3"});

  EXPECT_EQ(sweep.pages_per_cell, 3);
}

TEST(LoadSweepTest, EveryShippedSweepIsValid) {
  const std::filesystem::path folder = MICROFICHE_SOURCE_DIR "/configs/sweeps";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    EXPECT_NO_THROW(load_sweep(file.path())) << file.path();
  }
}

} // namespace
} // namespace microfiche::sweep
