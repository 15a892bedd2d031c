#include "metrics/compression_ratio.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

struct Tokens {
  int nominal, valid, positions;
};

TEST(CompressionRatioTest, PositionsGiveTheLowestRatio) {
  // 1261 text tokens on a tiny page: 64 tokens, 73 positions.
  const auto ratios = compression_ratios(1261, Tokens{64, 64, 73});

  EXPECT_NEAR(ratios.nominal, 19.7, 0.05);
  EXPECT_NEAR(ratios.valid, 19.7, 0.05);
  EXPECT_NEAR(ratios.positions, 17.3, 0.05);
}

} // namespace
} // namespace microfiche::metrics
