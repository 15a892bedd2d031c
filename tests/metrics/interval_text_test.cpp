#include "metrics/interval_text.h"

#include <gtest/gtest.h>

namespace microfiche::metrics {
namespace {

TEST(IntervalTextTest, IsTheMeanWithItsInterval) {
  EXPECT_EQ(
      interval_text({0.97872, 0.9714, 0.9853, 0, 0}), "0.979 [0.971, 0.985]");
  EXPECT_EQ(interval_text({0.5, 0.25, 0.75, 0, 0}, 4), "0.5000 [0.250, 0.750]");
}

TEST(IntervalTextTest, SetsOfFewPagesAreNamed) {
  EXPECT_EQ(few_pages_text({{"many", 30}}), "");
  EXPECT_EQ(
      few_pages_text({{"a", 4}, {"many", 30}, {"b", 29}}),
      "Fewer than 30 pages, so only an indication: a (4), b (29).");
}

TEST(IntervalTextTest, ALongListBecomesACount) {
  const std::vector<std::pair<std::string, int64_t>> sets(20, {"name", 4});

  EXPECT_EQ(
      few_pages_text(sets),
      "Fewer than 30 pages, so only an indication: each of the 20 rows.");
}

} // namespace
} // namespace microfiche::metrics
