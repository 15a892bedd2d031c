#include "metrics/predictions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace microfiche::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kTwoPages =
    R"({"id":"a","reference":"x y","prediction":"x z","text_tokens":650,"vision_tokens":64,"mode":"tiny"}
{"id":2,"reference":"p","prediction":"","text_tokens":7,"vision_tokens":{"nominal":100,"valid":90,"positions":111}}
)";

void expect_refused(const std::string& text, const std::string& message) {
  EXPECT_THAT(
      [&] { read_predictions(text, "pages.jsonl"); },
      ThrowsMessage<InputError>(HasSubstr(message)));
}

TEST(PredictionsTest, ReadsOneObjectPerLine) {
  const auto file = read_predictions(kTwoPages, "pages.jsonl");

  ASSERT_EQ(file.pages.size(), 2u);
  EXPECT_EQ(file.layout, "jsonl");
  EXPECT_EQ(file.pages[0].id, "a");
  EXPECT_EQ(file.pages[0].fields["mode"], "tiny");
  EXPECT_EQ(file.pages[1].id, "2");
  EXPECT_EQ(file.pages[1].vision_tokens, 100);
}

TEST(PredictionsTest, AcceptsBlankLinesCrlfAndAByteOrderMark) {
  const auto file = read_predictions(
      "\xEF\xBB\xBF\r\n{\"id\":\"a\",\"reference\":\"x\",\"prediction\":\"y\"}"
      "\r\n\n",
      "pages.jsonl");

  EXPECT_EQ(file.pages.size(), 1u);
  EXPECT_FALSE(file.pages[0].text_tokens.has_value());
}

TEST(PredictionsTest, MalformedUtf8IsReplacedAndCounted) {
  const auto file = read_predictions(
      "{\"id\":\"a\",\"reference\":\"x\",\"prediction\":\"\xFFy\"}\n",
      "pages.jsonl");

  EXPECT_EQ(file.num_invalid, 1);
  EXPECT_EQ(file.pages[0].prediction, "\uFFFDy");
}

TEST(PredictionsTest, ReadsFoxsOwnLayout) {
  const auto file = read_predictions(
      R"([{"image":"en_1.png","question":"q","label":"truth","answer":"read"}])",
      "fox.json");

  EXPECT_EQ(file.layout, "fox");
  EXPECT_EQ(file.pages[0].id, "en_1.png");
  EXPECT_EQ(file.pages[0].reference, "truth");
  EXPECT_EQ(file.pages[0].prediction, "read");
}

TEST(PredictionsTest, GroupsOmniDocBenchsBlocksIntoPages) {
  const auto file = read_predictions(
      R"([{"gt":"ab","pred":"ax","img_id":"p.1_7"},{"gt":"cd","pred":"cd","img_id":"p.2_0"},
          {"gt":"abcdefgh","pred":"abcdefgh","img_id":"p.1_12"}])",
      "omni.json");

  ASSERT_EQ(file.pages.size(), 2u);
  EXPECT_EQ(file.layout, "omnidocbench");
  EXPECT_EQ(file.pages[0].id, "p.1");
  EXPECT_EQ(file.pages[0].reference, "ab\nabcdefgh");
  EXPECT_EQ(file.pages[0].blocks.size(), 2u);
}

TEST(PredictionsTest, UsesOmniDocBenchsNormalisationUnlessItIsEmpty) {
  const auto file = read_predictions(
      R"([{"gt":"a b","norm_gt":"ab","pred":"***","norm_pred":"","img_id":"x.jpg"}])",
      "omni.json");

  EXPECT_EQ(file.pages[0].id, "x.jpg");
  EXPECT_EQ(file.pages[0].blocks[0].reference, "ab");
  EXPECT_EQ(file.pages[0].blocks[0].prediction, "***");
  EXPECT_TRUE(file.pages[0].blocks[0].normalized);
}

TEST(PredictionsTest, AMissingFieldIsNamedWithItsLine) {
  expect_refused(
      "\n{\"id\":\"a\",\"reference\":\"x\"}\n",
      "pages.jsonl:2: no field \"prediction\"");
}

TEST(PredictionsTest, AMalformedLineIsNamed) {
  expect_refused(
      "{\"id\":\"a\",\"reference\":\"x\",\"prediction\":\"y\"}\n{oops\n",
      "pages.jsonl:2");
}

TEST(PredictionsTest, AFieldOfTheWrongTypeIsNamed) {
  expect_refused(
      R"({"id":"a","reference":7,"prediction":"y"})",
      "\"reference\" must be a string, got 7");
  expect_refused(
      R"({"id":"a","reference":"x","prediction":"y","text_tokens":0})",
      "\"text_tokens\" must be a positive number");
}

TEST(PredictionsTest, ADuplicateIdIsNamedWithBothLines) {
  const std::string line = R"({"id":"a","reference":"x","prediction":"y"})";

  expect_refused(
      line + "\n" + line + "\n",
      "pages.jsonl:2: id \"a\" is a duplicate; it is also in line 1");
}

TEST(PredictionsTest, AnEmptyFileIsRefusedWithTheExpectedFormat) {
  expect_refused("", "no predictions; expected one JSON object per line");
}

TEST(PredictionsTest, AnUnknownLayoutIsRefused) {
  expect_refused(R"([{"a":1}])", "neither Fox's (label, answer) nor");
}

} // namespace
} // namespace microfiche::metrics
