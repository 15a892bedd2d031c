#include "training/loss/loss_terms.h"

#include "core/config.h"
#include "core/error.h"
#include "training/loss/loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

TEST(LossTermsTest, ScalarsKeepTheirNamesInTheLog) {
  EXPECT_THAT(
      scalar_names(),
      UnorderedElementsAre(
          "loss",
          "reading_loss",
          "glyph_loss",
          "patch_glyph_loss",
          "kept_tokens_loss",
          "balance_loss",
          "aids_loss",
          "reading_accuracy",
          "glyph_accuracy"));
}

TEST(LossTermsTest, WeightsKeepTheirNamesAndDefaultsInTheConfig) {
  const Json expected = {
      {"patch_glyph", 0.0},
      {"glyph", 0.0},
      {"kept_tokens", 0.0},
      {"reading", 1.0},
      {"balance", 0.0}};

  EXPECT_EQ(write_config(LossConfig()), expected);
}

TEST(LossTermsTest, OnlySomeWeightsAreReplaced) {
  const LossConfig config{{"glyph", 0.5}};

  EXPECT_EQ(config["glyph"], 0.5);
  EXPECT_EQ(config["reading"], 1);
  EXPECT_THROW(config["glyphs"], std::out_of_range);
}

TEST(LossTermsTest, RefusesANegativeWeightOfAnyTerm) {
  for (const char* name :
       {"reading", "glyph", "patch_glyph", "kept_tokens", "balance"}) {
    const Json json = {{name, -1.0}};

    EXPECT_THAT(
        [&] { read_config<LossConfig>(json, "test"); },
        ThrowsMessage<InputError>(HasSubstr(
            std::string("test.") + name + ": must not be negative, got -1")));
  }
}

TEST(LossTermsTest, RefusesKeptTokensAlone) {
  EXPECT_THAT(
      [] {
        read_config<LossConfig>(
            Json{{"reading", 0.0}, {"kept_tokens", 1.0}}, "test");
      },
      ThrowsMessage<InputError>(HasSubstr("beside kept_tokens")));
}

TEST(LossTermsTest, RefusesALossWithoutAnyTerm) {
  EXPECT_THAT(
      [] {
        read_config<LossConfig>(Json{{"reading", 0.0}}, "test");
      },
      ThrowsMessage<InputError>(HasSubstr("at least one term")));
}

} // namespace
} // namespace microfiche::training
