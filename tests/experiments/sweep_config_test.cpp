#include "experiments/runner/sweep_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config.h"

namespace microfiche::experiments {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

SweepConfig read(const char* text) {
  return read_config<SweepConfig>(parse_json(text, "s.json"), "s.json");
}

void expect_refused(const char* text, const std::string& message) {
  EXPECT_THAT(
      [&] { read(text); }, ThrowsMessage<InputError>(HasSubstr(message)));
}

TEST(SweepConfigTest, AbsentFieldsKeepTheirDefaults) {
  const auto sweep = read(R"({"characters_per_token": [5]})");

  EXPECT_EQ(sweep.pages_per_cell, 50);
  EXPECT_TRUE(sweep.controls.wrong_page);
  EXPECT_EQ(sweep.styles.size(), 1u);
}

TEST(SweepConfigTest, AMisspeltFieldIsNamedWithItsNeighbour) {
  EXPECT_THAT(
      [] { read(R"({"characters_per_token": [5], "page_per_cell": 3})"); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("no field named \"page_per_cell\""),
          HasSubstr("did you mean \"pages_per_cell\"?"))));
}

TEST(SweepConfigTest, NoTextLengthIsRefused) {
  expect_refused("{}", "no text length; give characters_per_token");
}

TEST(SweepConfigTest, ImpossibleValuesAreNamed) {
  expect_refused(R"({"characters_per_token": [0]})", "must be positive, got 0");
  expect_refused(
      R"({"characters_per_token": [5, 5]})",
      "characters_per_token: \"5\" stands twice");
  expect_refused(
      R"({"text_token_bins": [[700, 600]]})",
      "0 < lower < upper, got [700, 600)");
  expect_refused(
      R"({"characters_per_token": [5], "pages_per_cell": 0})",
      "pages_per_cell must be in [1, 100000], got 0");
  expect_refused(
      R"({"characters_per_token": [5], "styles": [{"margin": 0.5}]})",
      "styles[0].margin must be in [0, 0.5)");
  expect_refused(
      R"({"characters_per_token": [5], "styles": [{}, {}]})",
      "styles: \"plain\" stands twice");
  expect_refused(
      R"({"characters_per_token": [5], "held_out_fraction": 0})",
      "held_out_fraction must be in (0, 1], got 0");
}

TEST(SweepConfigTest, AnUnknownProfileIsNamed) {
  expect_refused(
      R"({"characters_per_token": [5], "profile": "fox"})",
      "profile: no scoring profile named \"fox\"");
}

TEST(SweepConfigTest, CellsRunTextFirstAndControlsLast) {
  auto sweep = read(
      R"({"characters_per_token": [5], "text_token_bins": [[600, 700]],
          "modes": ["a", "b"], "controls": {"random_letters": [10]}})");

  std::vector<std::string> names;
  for (const auto& cell : cells_of(sweep)) {
    names.push_back(name_of(cell));
  }

  EXPECT_THAT(
      names,
      ElementsAre(
          "a/corpus/plain/5",
          "a/corpus/plain/600-700",
          "b/corpus/plain/5",
          "b/corpus/plain/600-700",
          "a/random_letters/plain/10",
          "b/random_letters/plain/10"));
}

TEST(SweepConfigTest, TheShippedSweepsCoverTheRatiosOfTheIssue) {
  const auto sweep = load_config<SweepConfig>(MICROFICHE_SOURCE_DIR
                                              "/configs/sweeps/nano.json");

  EXPECT_GE(sweep.pages_per_cell, 50);
  EXPECT_GE(sweep.characters_per_token.size(), 5u);
  EXPECT_GE(
      sweep.pages_per_cell *
          static_cast<int64_t>(sweep.characters_per_token.size()),
      200);
  EXPECT_TRUE(sweep.controls.wrong_page);
  EXPECT_TRUE(sweep.controls.blank_page);
  EXPECT_THAT(sweep.controls.random_letters, ElementsAre(10));
  load_config<SweepConfig>(MICROFICHE_SOURCE_DIR "/configs/sweeps/smoke.json");
}

} // namespace
} // namespace microfiche::experiments
