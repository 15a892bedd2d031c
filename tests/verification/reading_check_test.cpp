#include "verification/reading_check.h"

#include "tests/support/folders.h"
#include "tests/support/tiny_model.h"
#include "verification/verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace microfiche::verification {
namespace {

using ::testing::HasSubstr;

const std::string kTexts =
    std::string(MICROFICHE_SOURCE_DIR) + "/data/text/held_out";

/// Pages as the nano model was trained on. Its card has .984 for ten characters
/// per vision token, over 100 pages of this text.
ReadingCheckConfig nano_check(const model::LoadedModel& nano) {
  ReadingCheckConfig config;
  config.texts = {kTexts};
  config.characters = 90;
  const auto mode = nano.find_mode("nano-9");
  config.text_style = reading::find_text_style("", nano.config, mode);
  config.modes = {{"nano-9", 0.90, "the card of the nano model: .984"}};
  return config;
}

TEST(ReadingCheckTest, TheNanoModelReadsItsOwnPages) {
  auto nano = model::load_model(tests::nano_model());

  const auto readings = check_reading(nano, nano_check(nano));

  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].vision_tokens, 9);
  EXPECT_EQ(readings[0].pages.size(), 5u);
  EXPECT_TRUE(readings[0].bound.is_met()) << readings[0].bound.value;
  EXPECT_NE(readings[0].pages[0].reference, readings[0].pages[1].reference);
}

TEST(ReadingCheckTest, AModelThatDoesNotSeeThePageMissesTheBound) {
  auto nano = model::load_model(tests::nano_model());
  {
    const torch::NoGradGuard no_grad;
    nano.model->encoder->projector->linear->weight.zero_();
  }

  Verification verification;
  verification.pages = check_reading(nano, nano_check(nano));

  EXPECT_LT(verification.pages[0].bound.value, 0.5);
  EXPECT_THAT(
      first_missed(verification).value_or(""),
      HasSubstr("step 2: mode nano-9, 5 pages: median of 1 - normalised edit "
                "distance: expected at least 0.900, got 0."));
}

TEST(ReadingCheckTest, ARandomModelMissesTheBound) {
  auto tiny = tests::make_tiny_model();
  ReadingCheckConfig config;
  config.texts = {kTexts};
  config.pages = 2;
  config.characters = 40;
  config.text_style = {{}, /*fits_font=*/true};
  config.modes = {{"t4", 0.85, "none"}, {"t9", 0.85, "none"}};

  const auto readings = check_reading(tiny, config);

  ASSERT_EQ(readings.size(), 2u);
  EXPECT_FALSE(readings[0].bound.is_met());
  EXPECT_FALSE(readings[1].bound.is_met());
}

TEST(ReadingCheckTest, TheSeedChoosesThePassages) {
  auto tiny = tests::make_tiny_model();
  ReadingCheckConfig config;
  config.texts = {kTexts};
  config.pages = 1;
  config.characters = 40;
  config.text_style = {{}, /*fits_font=*/true};
  config.modes = {{"t4", 0.85, "none"}};
  const auto first = check_reading(tiny, config)[0].pages[0];
  const auto again = check_reading(tiny, config)[0].pages[0];
  config.seed = 1;
  const auto other = check_reading(tiny, config)[0].pages[0];

  EXPECT_EQ(first.reference, again.reference);
  EXPECT_EQ(first.prediction, again.prediction);
  EXPECT_NE(first.reference, other.reference);
}

TEST(ReadingCheckTest, EveryFamilyIsReadInModesThatItHas) {
  for (const auto& family : model::model_families()) {
    const auto config = published_reading_check(family, kTexts);

    EXPECT_FALSE(config.modes.empty()) << family.name;
    for (const auto& bound : config.modes) {
      const auto modes = model::published_modes(family);
      EXPECT_TRUE(std::any_of(
          modes.begin(),
          modes.end(),
          [&](const auto& mode) { return mode.name == bound.mode; }))
          << family.name << " " << bound.mode;
      EXPECT_GT(bound.at_least, 0.5);
      EXPECT_LT(bound.at_least, 0.95);
    }
  }
}

TEST(ReadingCheckTest, TheMedianIsTheMiddle) {
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_TRUE(std::isnan(median({})));
}

} // namespace
} // namespace microfiche::verification
