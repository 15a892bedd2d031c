#include "text_compression/text_compressor_config.h"

#include "core/config.h"
#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::text_compression {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TextCompressorConfig read(const char* json) {
  return read_config<TextCompressorConfig>(parse_json(json, "test"), "test");
}

void expect_refused(const char* json, const char* words) {
  EXPECT_THAT([&] { read(json); }, ThrowsMessage<InputError>(HasSubstr(words)));
}

TEST(TextCompressorConfigTest, RefusesAnUnknownMethod) {
  expect_refused(
      R"({"method": "zip"})",
      "test: method: expected \"truncation_first\" or ");
}

TEST(TextCompressorConfigTest, RefusesLevelsWithoutAPyramid) {
  expect_refused(
      R"({"method": "mean_pooling", "levels": 3})", "levels: has no effect");
}

TEST(TextCompressorConfigTest, RefusesRawIdsWithTruncation) {
  expect_refused(
      R"({"method": "truncation_first", "raw_last": 2})",
      "raw_last: has no effect");
}

TEST(TextCompressorConfigTest, RefusesAnEvenKernel) {
  expect_refused(
      R"({"method": "conv_pyramid", "kernel": 4})", "kernel: must be odd");
}

TEST(PositionsInVectorsTest, IdsOfASpanFollowEachOtherInOneVector) {
  EXPECT_THAT(
      positions_in_vectors(read(R"({"method": "mean_pooling"})"), 4, 2),
      ElementsAre(.25, .75, 1.25, 1.75, 1.75));
}

TEST(PositionsInVectorsTest, TruncationHoldsTheFirstIdsAndNoEnd) {
  EXPECT_THAT(
      positions_in_vectors(read(R"({"method": "truncation_first"})"), 4, 2),
      ElementsAre(.5, 1.5, -1, -1, -1));
}

TEST(PositionsInVectorsTest, TruncationHoldsTheLastIds) {
  EXPECT_THAT(
      positions_in_vectors(read(R"({"method": "truncation_last"})"), 4, 2),
      ElementsAre(-1, -1, .5, 1.5, -1));
}

TEST(PositionsInVectorsTest, AHybridHasSeparateVectorsForItsLastIds) {
  const auto config = read(R"({"method": "mean_pooling", "raw_last": 1})");

  EXPECT_THAT(
      positions_in_vectors(config, 3, 3),
      ElementsAre(DoubleNear(1. / 3, 1e-9), DoubleNear(1, 1e-9), 2.5, 2.5));
}

TEST(PositionsInVectorsTest, AHybridOfOneVectorIsAllCompressed) {
  const auto config = read(R"({"method": "mean_pooling", "raw_last": 1})");

  EXPECT_THAT(positions_in_vectors(config, 2, 1), ElementsAre(.25, .75, .75));
}

TEST(PositionsInVectorsTest, AWholeTextHasNoVectors) {
  EXPECT_THAT(
      [] { positions_in_vectors(read(R"({"method": "whole_text"})"), 4, 2); },
      ThrowsMessage<InputError>(HasSubstr("whole_text has no vectors")));
}

} // namespace
} // namespace microfiche::text_compression
