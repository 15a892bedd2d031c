#include "sweep/sweep_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config.h"
#include "sweep/sweep_cells.h"

namespace microfiche::sweep {
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
      "characters_per_token: \"5\" is given twice");
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
      "styles: \"plain\" is given twice");
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

std::vector<std::string> names_of(const char* text) {
  std::vector<std::string> names;
  for (const auto& cell : cells_of(read(text))) {
    names.push_back(name_of(cell));
  }
  return names;
}

TEST(SweepConfigTest, ConditionsAreCombinedFreely) {
  EXPECT_THAT(
      names_of(
          R"({"characters_per_token": [5], "modes": ["a"], "conditions": {
              "text": ["corpus", "digits"], "page": ["none", "blur:1"],
              "tokens": ["none", "permute"]}})"),
      ElementsAre(
          "a/corpus/plain/5",
          "a/corpus/plain/5/tokens=permute",
          "a/corpus/plain/5/page=blur:1",
          "a/corpus/plain/5/page=blur:1/tokens=permute",
          "a/digits/plain/5",
          "a/digits/plain/5/tokens=permute",
          "a/digits/plain/5/page=blur:1",
          "a/digits/plain/5/page=blur:1/tokens=permute"));
}

TEST(SweepConfigTest, ConditionsAreVariedOneAtATime) {
  EXPECT_THAT(
      names_of(
          R"({"characters_per_token": [5], "modes": ["a"], "conditions": {
              "text": ["corpus", "digits"], "page": ["none", "blur:1"],
              "tokens": ["none", "permute"], "combine": "one_at_a_time"}})"),
      ElementsAre(
          "a/corpus/plain/5",
          "a/digits/plain/5",
          "a/corpus/plain/5/page=blur:1",
          "a/corpus/plain/5/tokens=permute"));
}

TEST(SweepConfigTest, EveryAxisMultipliesTheCells) {
  const auto sweep = read(
      R"({"characters_per_token": [5, 6], "modes": ["a"],
          "models": ["m", "n"], "dtypes": ["f32", "bf16"],
          "sources": {"en": ["a.txt"], "zh": ["b.txt"]}, "seeds": [0, 1],
          "prompts": {"p": "<image>", "q": "<image>\nFree OCR."},
          "decodings": {"greedy": {}, "drawn": {"temperature": 1}}})");

  const auto cells = cells_of(sweep);

  EXPECT_EQ(cells.size(), 128u);
  // One model after the other, so that each is opened once.
  for (size_t i = 0; i < cells.size(); ++i) {
    EXPECT_EQ(cells[i].model, i < 64 ? "m" : "n");
  }
  EXPECT_EQ(
      name_of(cells[0]),
      "a/corpus/plain/5/model=m/dtype=f32/source=en/seed=0/prompt=p/"
      "decoding=drawn");
}

TEST(SweepConfigTest, AWindowIsAnAxisAndPartOfTheCellsName) {
  const auto cells =
      cells_of(read(R"({"characters_per_token": [5], "modes": ["a"],
               "windows": [0, 32]})"));

  ASSERT_EQ(cells.size(), 2u);
  EXPECT_EQ(cells[1].window, 32);
  EXPECT_EQ(name_of(cells[0]), "a/corpus/plain/5/window=0");
  EXPECT_EQ(name_of(cells[1]), "a/corpus/plain/5/window=32");
  // The same page is drawn for both.
  EXPECT_EQ(page_coordinates(cells[0]), page_coordinates(cells[1]));
}

TEST(SweepConfigTest, ANegativeOrRepeatedWindowIsRefused) {
  expect_refused(
      R"({"characters_per_token": [5], "windows": [-1]})",
      "windows: expected a number of positions, or 0 for the model's own "
      "attention, got -1");
  expect_refused(
      R"({"characters_per_token": [5], "windows": [8, 8]})", "windows");
}

TEST(SweepConfigTest, AnEmptyListOfConditionsIsRefused) {
  expect_refused(
      R"({"characters_per_token": [5], "conditions": {"text": []}})",
      "conditions.text must have at least one; the untouched page is "
      "\"corpus\"");
}

TEST(SweepConfigTest, ACellThatComesTwiceIsRefused) {
  expect_refused(
      R"({"characters_per_token": [5], "modes": ["a"],
          "conditions": {"text": ["corpus", "random_letters"]},
          "controls": {"random_letters": [5]}})",
      "the cells: \"a/random_letters/plain/5\" is given twice");
}

TEST(SweepConfigTest, OneValueAndSeveralAreNotGivenTogether) {
  expect_refused(
      R"({"characters_per_token": [5], "model": "m", "models": ["n"]})",
      "both model and models are given");
}

TEST(SweepStyleTest, AStyleStandsForEveryCombinationOfItsValues) {
  SweepStyle style;
  style.vary["line_height"] = {1.0, 1.5};
  style.vary["layout.dpi"] = {72, 96, 144};

  const auto styles = expand(style, "s.json");

  ASSERT_EQ(styles.size(), 6u);
  EXPECT_EQ(styles[0].name, "plain,layout.dpi=72,line_height=1.0");
  EXPECT_EQ(styles[1].line_height, 1.5);
  EXPECT_EQ(styles[5].layout->dpi, 144);
  EXPECT_TRUE(styles[5].vary.empty());
}

TEST(SweepStyleTest, AFieldThatAStyleLacksCannotVary) {
  SweepStyle style;
  style.vary["line_heigth"] = {1.0};

  EXPECT_THAT(
      [&] { expand(style, "s.json"); },
      ThrowsMessage<InputError>(HasSubstr("no field named \"line_heigth\"")));
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
}

} // namespace
} // namespace microfiche::sweep
