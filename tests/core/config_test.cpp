#include "core/config.h"

#include "core/files.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

enum class Alignment { kLeft, kCentre };

NLOHMANN_JSON_SERIALIZE_ENUM(
    Alignment,
    {{Alignment::kLeft, "left"}, {Alignment::kCentre, "centre"}})

struct StyleConfig {
  std::string font = "DejaVu Sans";
  double size_px = 12;
  Alignment alignment = Alignment::kLeft;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, StyleConfig& style) {
  visit("font", style.font);
  visit("size_px", style.size_px);
  visit("alignment", style.alignment);
}

void validate(const StyleConfig& style, const std::string& where) {
  check(style.size_px > 0, where, ".size_px: must be positive");
}

struct SweepConfig {
  int64_t pages = 100;
  uint8_t workers = 2;
  uint64_t seed = 0;
  bool controls = true;
  std::vector<std::string> modes = {"tiny", "small"};
  std::vector<std::pair<int64_t, int64_t>> bins = {{600, 700}};
  std::optional<double> temperature;
  std::map<std::string, double> weights;
  std::filesystem::path output;
  StyleConfig style;
  std::vector<StyleConfig> styles;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepConfig& sweep) {
  visit("pages", sweep.pages);
  visit("workers", sweep.workers);
  visit("seed", sweep.seed);
  visit("controls", sweep.controls);
  visit("modes", sweep.modes);
  visit("bins", sweep.bins);
  visit("temperature", sweep.temperature);
  visit("weights", sweep.weights);
  visit("output", sweep.output);
  visit("style", sweep.style);
  visit("styles", sweep.styles);
}

SweepConfig read(const std::string& text) {
  return read_config<SweepConfig>(parse_json(text, "test"), "smoke.json");
}

/// Expects an error that contains `message`.
void expect_refused(const std::string& text, const std::string& message) {
  EXPECT_THAT(
      [&] { read(text); }, ThrowsMessage<InputError>(HasSubstr(message)))
      << text;
}

TEST(ConfigTest, AbsentFieldsKeepTheirDefaults) {
  const auto sweep = read(R"({"seed": 3})");

  EXPECT_EQ(sweep.seed, 3u);
  EXPECT_EQ(sweep.pages, 100);
  EXPECT_THAT(sweep.modes, ElementsAre("tiny", "small"));
}

TEST(ConfigTest, GivenListsReplaceTheirDefaults) {
  const auto sweep = read(R"({"modes": ["base"], "bins": [[1, 2], [3, 4]]})");

  EXPECT_THAT(sweep.modes, ElementsAre("base"));
  EXPECT_THAT(sweep.bins, ElementsAre(Pair(1, 2), Pair(3, 4)));
}

TEST(ConfigTest, ReadsEveryKindOfField) {
  const auto sweep = read(R"({
      "workers": 255, "controls": false, "temperature": 0.5,
      "weights": {"loss": 2}, "output": "runs/a",
      "style": {"alignment": "centre", "size_px": 9}, "styles": [{}]})");

  EXPECT_EQ(sweep.workers, 255);
  EXPECT_FALSE(sweep.controls);
  EXPECT_EQ(sweep.temperature, 0.5);
  EXPECT_THAT(sweep.weights, ElementsAre(Pair("loss", 2.0)));
  EXPECT_EQ(sweep.output, "runs/a");
  EXPECT_EQ(sweep.style.alignment, Alignment::kCentre);
  EXPECT_EQ(sweep.style.size_px, 9);
  EXPECT_EQ(sweep.styles.size(), 1u);
}

TEST(ConfigTest, NullEmptiesAnOptionalField) {
  EXPECT_FALSE(read(R"({"temperature": null})").temperature.has_value());
}

TEST(ConfigTest, SuggestsASimilarField) {
  expect_refused(
      R"({"page": 3})",
      "smoke.json: no field named \"page\"; did you mean \"pages\"?");
}

TEST(ConfigTest, SuggestsNothingWithoutASimilarField) {
  EXPECT_THAT(
      [] { read(R"({"learning_rate": 3})"); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("\"learning_rate\""), Not(HasSubstr("mean")))));
}

TEST(ConfigTest, NamesThePathOfANestedField) {
  expect_refused(
      R"({"style": {"colour": 1}})",
      "smoke.json: style: no field named \"colour\"");
  expect_refused(
      R"({"style": {"font": 1}})",
      "smoke.json: style.font: expected a string, got 1");
  expect_refused(
      R"({"styles": [{}, {"font": 1}]})",
      "smoke.json: styles[1].font: expected a string, got 1");
}

TEST(ConfigTest, RefusesEveryWrongType) {
  expect_refused(R"({"pages": "many"})", "pages: expected a whole number");
  expect_refused(R"({"pages": 1.5})", "pages: expected a whole number");
  expect_refused(R"({"pages": true})", "pages: expected a whole number");
  expect_refused(R"({"controls": 1})", "controls: expected true or false");
  expect_refused(R"({"modes": "tiny"})", "modes: expected a list");
  expect_refused(R"({"modes": [1]})", "modes[0]: expected a string");
  expect_refused(R"({"bins": [[1]]})", "bins[0]: expected a list of two");
  expect_refused(R"({"weights": []})", "weights: expected an object");
  expect_refused(R"({"weights": {"a": "b"}})", "weights.a: expected a number");
  expect_refused(R"({"output": 1})", "output: expected a string");
  expect_refused(R"({"style": 1})", "style: expected an object");
  expect_refused(R"([])", "smoke.json: expected an object");
}

TEST(ConfigTest, RefusesNumbersOutsideTheRangeOfTheirField) {
  expect_refused(R"({"workers": 256})", "workers: expected a whole number");
  expect_refused(R"({"workers": -1})", "workers: expected a whole number");
  expect_refused(R"({"seed": -1})", "seed: expected a whole number");
  expect_refused(
      R"({"pages": 9223372036854775808})", "pages: expected a whole number");
}

TEST(ConfigTest, ReadsTheLargestNumbersExactly) {
  EXPECT_EQ(
      read(R"({"seed": 18446744073709551615})").seed, 18446744073709551615u);
  EXPECT_EQ(
      read(R"({"pages": -9223372036854775807})").pages, -9223372036854775807);
}

TEST(ConfigTest, RefusesAnUnknownEnumName) {
  expect_refused(
      R"({"style": {"alignment": "middle"}})",
      R"(style.alignment: expected "left" or "centre", got "middle")");
}

TEST(ConfigTest, APathNamesTheFileThenTheFields) {
  EXPECT_EQ(field_path("smoke.json", "stages"), "smoke.json: stages");
  EXPECT_EQ(
      field_path("smoke.json: stages[0]", "steps"),
      "smoke.json: stages[0].steps");
}

TEST(ConfigTest, ValidatesNestedConfigs) {
  expect_refused(
      R"({"style": {"size_px": 0}})",
      "smoke.json: style.size_px: must be positive");
}

TEST(ConfigTest, WritingAndReadingGivesTheSameConfig) {
  const std::string text = R"({
      "pages": 3, "workers": 1, "seed": 4, "controls": false,
      "modes": ["base"], "bins": [[1, 2]], "temperature": 0.25,
      "weights": {"a": 1.0}, "output": "runs/a",
      "style": {"font": "x.ttf", "size_px": 1.5, "alignment": "centre"},
      "styles": []})";

  EXPECT_EQ(write_config(read(text)), parse_json(text, "test"));
}

TEST(ConfigTest, WritesFieldsInTheirOrder) {
  EXPECT_THAT(
      write_config(StyleConfig{}).dump(),
      StrEq(R"({"font":"DejaVu Sans","size_px":12.0,"alignment":"left"})"));
}

TEST(OverrideTest, ReadsItsValueAsJson) {
  auto json = parse_json(R"({"pages": 1})", "test");

  apply_override(json, "pages=20");
  apply_override(json, "style.size_px=1.5");
  apply_override(json, R"(modes=["base"])");

  EXPECT_EQ(
      json,
      parse_json(
          R"({"pages": 20, "style": {"size_px": 1.5}, "modes": ["base"]})",
          "test"));
}

TEST(OverrideTest, AValueThatIsNotJsonIsAString) {
  Json json = Json::object();

  apply_override(json, "style.font=DejaVu Sans=1");

  EXPECT_EQ(json["style"]["font"], "DejaVu Sans=1");
}

TEST(OverrideTest, NamesAnElementOfAListByItsIndex) {
  auto json = parse_json(R"({"styles": [{}, {"size_px": 1}]})", "test");

  apply_override(json, "styles.1.size_px=2");

  EXPECT_EQ(json["styles"][1]["size_px"], 2);
}

TEST(OverrideTest, RefusesInvalidPaths) {
  for (const std::string assignment :
       {"pages",
        "=1",
        "style..font=1",
        "styles.1.font=1",
        "styles.first=1",
        "pages.count=1",
        "style.=1"}) {
    auto json = parse_json(R"({"pages": 1, "styles": [{}]})", "test");

    EXPECT_THROW(apply_override(json, assignment), UsageError) << assignment;
  }
}

TEST(OverrideTest, RefusesAValueOfTheWrongTypeThatIsNotUtf8) {
  Json json = Json::object();
  apply_override(json, "pages=\xff");

  EXPECT_THROW(read_config<SweepConfig>(json, "smoke.json"), InputError);
}

TEST(LoadConfigTest, AppliesOverridesToTheFile) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "smoke.json";
  write_file(path, R"({"pages": 1, "seed": 7})");

  const auto sweep =
      load_config<SweepConfig>(path, {"pages=2", "style.size_px=8"});

  EXPECT_EQ(sweep.pages, 2);
  EXPECT_EQ(sweep.seed, 7u);
  EXPECT_EQ(sweep.style.size_px, 8);
}

TEST(DidYouMeanTest, TakesTheNearestName) {
  EXPECT_EQ(
      did_you_mean("smal", {"small", "large", "smaller"}),
      "; did you mean \"small\"?");
}

} // namespace
} // namespace microfiche
