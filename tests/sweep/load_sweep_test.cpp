#include "sweep/run/load_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
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

TEST(LoadSweepTest, WhatDoesNotGoWithQuestionsIsRefused) {
  const auto expect = [](const std::string& fields,
                         const std::string& message) {
    expect_load_refused(
        (R"({"characters_per_token": [5], )" + fields + "}").c_str(), message);
  };
  const std::string no_blank = R"("controls": {"blank_page": false}, )";

  expect(
      R"("conditions": {"text": ["pairs:4"]})",
      "controls.blank_page: an empty page answers no question");
  expect(
      no_blank + R"("log_likelihood": true, "conditions": {"text": ["lines"]})",
      "log_likelihood: works with pages that are transcribed");
  expect(
      no_blank + R"("readers": ["tesseract"],
                    "conditions": {"text": ["pairs:4"]})",
      "reader \"tesseract\": transcribes");
  expect(
      no_blank + R"("conditions": {"text": ["pairs:4"],
                                   "match_length": "text_tokens"})",
      "conditions.match_length: questions need");
  expect(
      no_blank + R"("conditions": {"text": ["pairs:4+swapped_letters:50"]})",
      "put pairs or lines last");
}

TEST(LoadSweepTest, TheReaderOfTextNeedsQuestionsAndNoImage) {
  expect_load_refused(
      R"({"characters_per_token": [5], "readers": ["text"]})",
      "reader \"text\": reads only pages with questions");
  expect_load_refused(
      R"({"characters_per_token": [5], "reader": "text"})",
      "reader \"text\": reads only pages with questions");
  expect_load_refused(
      R"({"characters_per_token": [5], "reader": "text", "readers": ["model"]})",
      "both reader and readers are given");
  expect_load_refused(
      R"({"characters_per_token": [5], "readers": ["text"],
          "controls": {"blank_page": false},
          "conditions": {"text": ["pairs:4"], "page": ["none", "blank"]}})",
      "reader \"text\": gets no image");
}

TEST(LoadSweepTest, ControlsBesidePartsAreRefused) {
  expect_load_refused(
      R"({"modes": ["nano-9"], "characters_per_token": [5],
          "parts": {"a": {}},
          "controls": {"random_letters": [5]}})",
      "have no effect beside parts");
}

TEST(LoadSweepTest, AssignmentsChangeTheFile) {
  const auto sweep = load_sweep(
      MICROFICHE_SOURCE_DIR "/configs/sweeps/nano.json", {"pages_per_cell=3"});

  EXPECT_EQ(sweep.pages_per_cell, 3);
}

TEST(LoadSweepTest, EveryShippedSweepIsValid) {
  const std::filesystem::path folder = MICROFICHE_SOURCE_DIR "/configs/sweeps";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    // Sweeps over conversations are loaded by their own test in tests/memory.
    if (read_json_file(file.path()).contains("conversations")) {
      continue;
    }
    EXPECT_NO_THROW(load_sweep(file.path())) << file.path();
  }
}

} // namespace
} // namespace microfiche::sweep
