#include "verification/verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>

namespace microfiche::verification {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

ModeReading reading(const std::string& mode, double at_least, double value) {
  ModeReading reading;
  reading.mode = mode;
  reading.bound = {"mode " + mode + ": median", at_least, value, "Table 2"};
  return reading;
}

TEST(VerificationTest, NothingIsMissedIfAllBoundsAreMet) {
  Verification verification;
  verification.pages = {reading("tiny", 0.85, 0.85), reading("base", 0.9, 1)};

  EXPECT_EQ(first_missed(verification), std::nullopt);
  EXPECT_TRUE(to_json(verification)["missed"].is_null());
}

TEST(VerificationTest, TheFirstBoundMissedIsNamedWithItsReason) {
  Verification verification;
  verification.pages = {
      reading("tiny", 0.85, 0.97),
      reading("base", 0.9, 0.0123),
      reading("large", 0.9, 0)};

  EXPECT_THAT(
      first_missed(verification),
      Optional(std::string("step 2: mode base: median: expected at least "
                           "0.900, got 0.012 (Table 2)")));
}

TEST(VerificationTest, AFactComesBeforeABound) {
  Verification verification;
  verification.folder.differences = {"tensor a: missing", "tensor b: missing"};
  verification.pages = {reading("tiny", 0.85, 0)};

  EXPECT_EQ(first_missed(verification), "step 1: tensor a: missing");
}

TEST(VerificationTest, TheMessageSaysWhatToDo) {
  Verification verification;
  verification.folder.folder = "model";
  verification.folder.family = "DeepSeek-OCR";
  EXPECT_EQ(failure_message(verification), std::nullopt);

  verification.pages = {reading("tiny", 0.85, 0)};
  EXPECT_THAT(
      failure_message(verification),
      Optional(AllOf(
          HasSubstr("model: step 2: mode tiny"),
          HasSubstr("tools/compare_with_official"))));

  verification.folder.differences = {"tensor a: missing"};
  EXPECT_THAT(
      failure_message(verification),
      Optional(AllOf(
          HasSubstr("model: step 1: tensor a: missing\nThis is not the "
                    "published DeepSeek-OCR"),
          HasSubstr("download again"))));
}

TEST(VerificationTest, ABoundOfFoxIsStep3) {
  Verification verification;
  FoxMode mode;
  mode.bounds = {
      {"first", 0.8, 0.9, "x"},
      {"second", 0.8, 0.7, "y"},
      {"third", 1, 0, "z"}};
  verification.fox = {mode};

  EXPECT_THAT(
      first_missed(verification), Optional(HasSubstr("step 3: second")));
  EXPECT_THAT(fox_text(verification.fox), HasSubstr("MISSED"));
}

// A value that is no number, as of no pages, meets no bound.
TEST(VerificationTest, NaNMeetsNoBound) {
  EXPECT_FALSE((Bound{"", 0.0, std::nan(""), ""}).is_met());
}

TEST(VerificationTest, TheJsonHasEveryTextAndEveryFile) {
  Verification verification;
  verification.folder.files = {{"config.json", 3, "abc"}};
  verification.pages = {reading("tiny", 0.85, 0.9)};
  verification.pages[0].pages = {{300, "the page", "the reading", "eos", 1, 1}};

  const auto json = to_json(verification);

  EXPECT_EQ(json["folder"]["files"][0]["sha256"], "abc");
  EXPECT_EQ(json["pages"][0]["pages"][0]["reference"], "the page");
  EXPECT_EQ(json["pages"][0]["pages"][0]["prediction"], "the reading");
  EXPECT_EQ(json["pages"][0]["bound"]["at_least"], 0.85);
}

} // namespace
} // namespace microfiche::verification
