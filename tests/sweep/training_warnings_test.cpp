#include "sweep/run/training_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweep/sweep_cells.h"
#include "tests/support/folders.h"

namespace microfiche::sweep {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The warnings of a sweep's first cell for the shipped model.
std::vector<std::string> warnings(const SweepConfig& sweep) {
  return training_warnings(
      sweep,
      cells_of(sweep).front(),
      model::load_model_config(tests::nano_model() / "config.json"));
}

SweepConfig sweep_in(const std::string& mode, const std::string& font) {
  SweepConfig sweep;
  sweep.texts = {"text.txt"};
  sweep.modes = {mode};
  sweep.characters_per_token = {5};
  sweep.styles.resize(1);
  sweep.styles[0].fonts = {font};
  return sweep;
}

TEST(SweepTrainingWarningsTest, ATrainedFontHasNone) {
  EXPECT_THAT(warnings(sweep_in("nano-9", "DejaVu Sans Mono")), IsEmpty());
}

TEST(SweepTrainingWarningsTest, NamesAnotherFont) {
  EXPECT_THAT(
      warnings(sweep_in("nano-9", "DejaVu Serif")),
      Contains(HasSubstr("the font is DejaVu Serif")));
}

TEST(SweepTrainingWarningsTest, TheFontOfACollectionIsUnknown) {
  auto sweep = sweep_in("nano-9", "DejaVu Serif");
  sweep.texts = {"fox_en:downloads/fox"};
  EXPECT_THAT(warnings(sweep), IsEmpty());

  sweep.modes = {"nano-16"};
  EXPECT_THAT(
      warnings(sweep), Contains(HasSubstr("not trained in mode nano-16")));
}

} // namespace
} // namespace microfiche::sweep
