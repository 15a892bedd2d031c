#include "memory/timestamp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace microfiche::memory {
namespace {

using ::testing::Eq;
using ::testing::Optional;

// Expected numbers are from GNU date: date -u -d TEXT +%s.

TEST(TimestampTest, ReadsIso8601) {
  EXPECT_THAT(parse_time("2026-03-01T09:30:00Z"), Optional(1772357400000));
  EXPECT_THAT(parse_time("2026-03-01 09:30"), Optional(1772357400000));
  EXPECT_THAT(parse_time("2026-03-01"), Optional(1772323200000));
  EXPECT_THAT(parse_time("2024-02-29T23:59:59Z"), Optional(1709251199000));
  EXPECT_THAT(parse_time("1969-12-31T23:59:59Z"), Optional(-1000));
}

TEST(TimestampTest, ReadsOffsetsAndFractions) {
  EXPECT_THAT(
      parse_time("2026-03-01T10:30:00.125+01:00"), Optional(1772357400125));
  EXPECT_THAT(parse_time("2026-03-01T04:30:00-0500"), Optional(1772357400000));
  EXPECT_THAT(
      parse_time("2026-03-01T09:30:00.123456789Z"), Optional(1772357400123));
}

TEST(TimestampTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"",
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "2026-03-01T24:00:00Z",
        "2026-03-01T09:30:00Zulu",
        "2026-03-01T09:30:00.Z",
        "2026-03-01T09:30:00+",
        "0000-01-01",
        "20260301"}) {
    EXPECT_THAT(parse_time(text), Eq(std::nullopt)) << text;
  }
}

TEST(TimestampTest, ReadsSecondsOfEverydayYears) {
  EXPECT_THAT(time_from_seconds(1772357400.25), Optional(1772357400250));
  EXPECT_THAT(time_from_seconds(1e300), Eq(std::nullopt));
  EXPECT_THAT(
      time_from_seconds(std::numeric_limits<double>::quiet_NaN()),
      Eq(std::nullopt));
}

TEST(TimestampTest, WritesWhatItReads) {
  for (const char* text :
       {"2026-03-01T09:30:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z"}) {
    EXPECT_EQ(time_text(parse_time(text).value()), text);
  }
}

} // namespace
} // namespace microfiche::memory
