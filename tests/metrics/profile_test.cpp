#include "metrics/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "metrics/metric.h"

namespace microfiche::metrics {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ProfileTest, ShowsKnownMetricsIncludingTheHeadline) {
  for (const auto& profile : all_profiles()) {
    EXPECT_THAT(profile.shown, Contains(profile.headline)) << profile.name;
    for (const auto& metric : profile.shown) {
      EXPECT_NO_THROW(find_metric(metric)) << profile.name;
    }
  }
}

TEST(ProfileTest, AllShowsEveryMetric) {
  EXPECT_EQ(find_profile("all").shown, metric_names());
}

TEST(ProfileTest, AnUnknownProfileIsRefusedWithTheKnownNames) {
  EXPECT_THAT(
      [] { find_profile("papr"); },
      ThrowsMessage<UsageError>(AllOf(
          HasSubstr("no scoring profile named \"papr\""),
          HasSubstr("did you mean \"paper\"?"),
          HasSubstr("nfkc-ws"))));
}

} // namespace
} // namespace microfiche::metrics
