#include "metrics/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/error.h"

namespace microfiche::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(MetricTest, NamesAreUniqueAndHaveTitles) {
  std::set<std::string> names;
  for (const auto& metric : all_metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.title.empty()) << metric.name;
  }
}

TEST(MetricTest, NoTextScoresBetterThanTheReference) {
  const std::u32string page = U"it was the best of times, it was the worst";
  for (const auto& metric : all_metrics()) {
    const double perfect = metric.score(PageTexts(page, page));
    const double wrong = metric.score(PageTexts(page, U"it saw best; " + page));

    EXPECT_TRUE(metric.higher_is_better ? perfect >= wrong : perfect <= wrong)
        << metric.name;
  }
}

TEST(MetricTest, IsFiniteForAnyTexts) {
  for (const auto& metric : all_metrics()) {
    for (const auto& reference : {U"", U" ", U"word", U"\u6f22\u5b57"}) {
      for (const auto& prediction : {U"", U"\n", U"other word"}) {
        const double score = metric.score(PageTexts(reference, prediction));

        EXPECT_TRUE(std::isfinite(score)) << metric.name;
        if (metric.is_fraction) {
          EXPECT_GE(score, 0) << metric.name;
          EXPECT_LE(score, 1) << metric.name;
        }
      }
    }
  }
}

TEST(MetricTest, AnUnknownNameIsRefusedWithASuggestion) {
  EXPECT_THAT(
      [] { metric_index("cre"); },
      ThrowsMessage<UsageError>(HasSubstr("did you mean \"cer\"?")));
}

} // namespace
} // namespace microfiche::metrics
