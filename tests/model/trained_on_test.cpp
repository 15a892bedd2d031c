#include "model/trained_on.h"

#include "core/error.h"
#include "model/model_config.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

/// The shipped model's config with one field set.
ModelConfig nano(const std::string& assignment = "") {
  Json json = read_json_file(tests::nano_model() / "config.json");
  if (!assignment.empty()) {
    apply_override(json, assignment);
  }
  return read_model_config(json, "config.json");
}

std::vector<std::string> warnings(
    const std::string& mode,
    const PageFacts& page = {}) {
  const auto config = nano();
  return training_warnings(config, find_mode(config, mode), page);
}

/// A page like the training pages of the shipped model.
PageFacts trained_page() {
  return {
      .width_px = 192,
      .height_px = 192,
      .font = "Liberation Mono",
      .font_size_px = 13.28,
      .line_distance_px = 16,
      .text = "The letters of a page that the model knows, and more of them"};
}

TEST(TrainedOnTest, APageLikeTheTrainingPagesHasNoWarning) {
  EXPECT_THAT(warnings("nano-9", trained_page()), IsEmpty());
}

TEST(TrainedOnTest, WarnsAboutAModeWithoutTraining) {
  EXPECT_THAT(warnings("nano-4"), IsEmpty());
  EXPECT_THAT(
      warnings("nano-16"),
      ElementsAre("the model was not trained in mode nano-16, only in nano-1, "
                  "nano-4 and nano-9"));
}

TEST(TrainedOnTest, WarnsAboutAnotherFont) {
  auto page = trained_page();
  page.font = "DejaVu Sans";

  EXPECT_THAT(
      warnings("nano-9", page),
      ElementsAre(HasSubstr("the font is DejaVu Sans; the model was trained on "
                            "DejaVu Sans Mono and Liberation Mono")));
}

TEST(TrainedOnTest, ComparesSizesInTheViewOfTheMode) {
  auto page = trained_page();
  page.width_px = page.height_px = 384;
  page.font_size_px = 35.42;
  page.line_distance_px = 42.67;
  EXPECT_THAT(warnings("nano-9", page), IsEmpty());

  page.font_size_px = 18;
  EXPECT_THAT(
      warnings("nano-9", page),
      ElementsAre(HasSubstr("the font size is 9 px in the encoder's view; the "
                            "model was trained on 26.57, 17.71, 13.28")));
}

TEST(TrainedOnTest, SizesBetweenMakesTheListARange) {
  const auto config = nano("microfiche.trained_on.sizes_between=true");
  const auto mode = find_mode(config, "nano-9");
  auto page = trained_page();

  page.font_size_px = 9;
  EXPECT_THAT(training_warnings(config, mode, page), IsEmpty());

  page.font_size_px = 5;
  EXPECT_THAT(
      training_warnings(config, mode, page),
      ElementsAre(HasSubstr("trained on 7.59 to 26.57 px")));
}

TEST(TrainedOnTest, WarnsAboutAPageThatIsShrunkTooFar) {
  EXPECT_THAT(
      warnings("nano-9", {.width_px = 1024, .height_px = 1448}),
      ElementsAre(
          "the page of 1024 x 1448 px is shrunk 7.54 times to 192 px; letters "
          "smaller than 58 px on the page become smaller than the model was "
          "trained on (7.59 px)"));
  EXPECT_THAT(
      warnings("nano-9", {.width_px = 192, .height_px = 192}), IsEmpty());
}

TEST(TrainedOnTest, WarnsAboutLettersOutsideTheAlphabet) {
  auto page = trained_page();
  page.text =
      "Les \xC3\xA9l\xC3\xA8ves lisent une page de plus, et puis encore une autre";

  EXPECT_THAT(
      warnings("nano-9", page), ElementsAre(HasSubstr("such as \"\xC3\xA9\"")));
}

TEST(TrainedOnTest, WarnsAboutTextThatIsTooDense) {
  auto page = trained_page();
  const std::string dense(1000, 'x');
  page.text = dense;

  EXPECT_THAT(
      warnings("nano-9", page),
      ElementsAre("the page has 111.11 characters per vision token; the model "
                  "was trained on 4 to 100"));
}

TEST(TrainedOnTest, AModelThatStatesNothingWarnsAboutNothing) {
  auto config = nano();
  config.toolkit.trained_on.reset();

  EXPECT_THAT(
      training_warnings(
          config,
          find_mode(config, "nano-36"),
          {.width_px = 4000, .height_px = 4000, .font = "Comic Neue"}),
      IsEmpty());
}

TEST(TrainedOnTest, TheShippedStyleIsTheOneInConfigs) {
  EXPECT_EQ(
      nano().toolkit.trained_on->page_style,
      read_json_file(MICROFICHE_SOURCE_DIR "/configs/pages/nano.json"));
}

TEST(TrainedOnTest, RefusesARangeWithSwappedEnds) {
  EXPECT_THAT(
      [] { nano("microfiche.trained_on.characters_per_vision_token=[100,4]"); },
      ThrowsMessage<InputError>(
          HasSubstr("trained_on.characters_per_vision_token must be")));
}

} // namespace
} // namespace microfiche::model
