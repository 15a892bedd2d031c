#include "sweep/sweep_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweep/run/load_sweep.h"
#include "sweep/sweep_cells.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

SweepConfig sweep_of_parts(const std::string& parts) {
  return read_config<SweepConfig>(
      parse_json(
          R"({"modes": ["four", "nine"], "readers": ["model", "tesseract"],
              "styles": [{"name": "plain"}, {"name": "size 8"},
                         {"name": "size 9"}],
              "parts": )" +
              parts + "}",
          "t"),
      "t");
}

std::vector<std::string> names_of(const SweepConfig& sweep) {
  std::vector<std::string> names;
  for (const auto& cell : cells_of(sweep)) {
    names.push_back(name_of(cell));
  }
  return names;
}

TEST(SweepPartTest, SelectsValuesOfTheAxesAndSharesCellsWithOtherParts) {
  const auto sweep = sweep_of_parts(R"({
    "a": {"styles": ["plain"], "modes": ["nine"], "readers": ["model"],
          "characters_per_token": [5, 10]},
    "b": {"styles": ["plain"], "readers": ["model"],
          "characters_per_token": [5]},
    "c": {"styles": ["size *"], "modes": ["four"], "readers": ["tesseract"],
          "characters_per_token": [7], "page": ["blur:1"]}})");

  EXPECT_THAT(
      names_of(sweep),
      ElementsAre(
          "nine/corpus/plain/5/reader=model",
          "nine/corpus/plain/10/reader=model",
          "four/corpus/plain/5/reader=model",
          "four/corpus/size 8/7/page=blur:1/reader=tesseract",
          "four/corpus/size 9/7/page=blur:1/reader=tesseract"));
}

TEST(SweepPartTest, RefusesWhatTheSweepDoesNotHave) {
  const auto refuses = [](const char* parts, const char* message) {
    EXPECT_THAT(
        [&] { sweep_of_parts(parts); },
        ThrowsMessage<InputError>(HasSubstr(message)));
  };
  refuses(
      R"({"a": {"modes": ["nin"], "characters_per_token": [5]}})",
      R"(parts.a.modes: the sweep itself has no "nin"; did you mean "nine"?)");
  refuses(
      R"({"a": {"styles": ["big *"], "characters_per_token": [5]}})",
      R"(no style named "big *")");
  refuses(R"({"a": {"modes": ["nine"]}})", "no text length");
  refuses(
      R"({"a": {"characters_per_token": [-5]}})",
      "parts.a.characters_per_token");
}

TEST(SweepPartTest, ReadersMustBeKnown) {
  auto sweep = small_sweep();
  sweep.reader = "teseract";
  EXPECT_THAT(
      [&] { validate(sweep, "t"); },
      ThrowsMessage<InputError>(HasSubstr(
          R"(unknown reader "teseract"; did you mean "tesseract"?)")));
}

TEST(SweepPartTest, ThePresetsOfNanoAreValid) {
  for (const char* name : {"nano_table", "nano_lookup"}) {
    const auto sweep = load_sweep(
        concat(MICROFICHE_SOURCE_DIR "/configs/sweeps/", name, ".json"));
    EXPECT_GT(cells_of(sweep).size(), 50) << name;
  }
}

} // namespace
} // namespace microfiche::sweep
