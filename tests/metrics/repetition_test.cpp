#include "metrics/repetition.h"

#include <gtest/gtest.h>

#include <string>

namespace microfiche::metrics {
namespace {

std::u32string repeat(const std::u32string& unit, int times) {
  std::u32string text;
  for (int i = 0; i < times; ++i) {
    text += unit;
  }
  return text;
}

TEST(RepetitionTest, ARepeatedPhraseIsALoop) {
  EXPECT_TRUE(ends_in_loop(U"It began well, " + repeat(U"and the light ", 6)));
}

TEST(RepetitionTest, TheLastRepeatMayBeIncomplete) {
  EXPECT_TRUE(ends_in_loop(repeat(U"and the light ", 5) + U"and th"));
}

TEST(RepetitionTest, ARepeatedCharacterIsALoop) {
  EXPECT_TRUE(ends_in_loop(U"contents " + repeat(U".", 40)));
}

TEST(RepetitionTest, ThreeRepeatsAreNoLoop) {
  EXPECT_FALSE(ends_in_loop(repeat(U"and the light was good ", 3)));
}

TEST(RepetitionTest, AFewDotsAreNoLoop) {
  EXPECT_FALSE(ends_in_loop(U"contents " + repeat(U".", 30)));
}

TEST(RepetitionTest, ALoopBeforeOtherTextIsNone) {
  EXPECT_FALSE(ends_in_loop(
      repeat(U"and the light ", 9) + U"but then it found its way out again."));
}

TEST(RepetitionTest, LongPeriodsAreFoundToo) {
  std::u32string unit;
  for (char32_t i = 0; i < 500; ++i) {
    unit.push_back(0x4E00 + i);
  }

  EXPECT_TRUE(ends_in_loop(U"x" + repeat(unit, 4)));
}

} // namespace
} // namespace microfiche::metrics
