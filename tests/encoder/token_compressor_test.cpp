#include "encoder/token_compressor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::encoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TokenCompressorOptions small_compressor() {
  return TokenCompressorOptions().in_channels(8).channels({16, 32});
}

TEST(TokenCompressorTest, TwoStagesDivideTheTokenCountBySixteen) {
  TokenCompressor compressor(small_compressor());

  const auto tokens = compressor->forward(torch::zeros({1, 8, 64, 64}));

  EXPECT_EQ(tokens.sizes(), (std::vector<int64_t>{1, 32, 16, 16}));
}

TEST(TokenCompressorTest, RefusesAGridThatIsNotAMultiple) {
  TokenCompressor compressor(small_compressor());

  EXPECT_THAT(
      [&] {
        compressor->forward(torch::zeros({1, 8, 63, 64}));
      },
      ThrowsMessage<c10::Error>(HasSubstr("multiples of 4, got [1, 8, 63")));
}

TEST(TokenCompressorTest, RefusesZeroStages) {
  EXPECT_THAT(
      [] { TokenCompressor(TokenCompressorOptions().channels({})); },
      ThrowsMessage<c10::ValueError>(
          HasSubstr("channels must name at least one convolution")));
}

} // namespace
} // namespace microfiche::encoder
