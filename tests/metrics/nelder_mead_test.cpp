#include "metrics/nelder_mead.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace microfiche::metrics {
namespace {

TEST(NelderMeadTest, FindsTheMinimumOfRosenbrocksFunction) {
  const auto found = minimize(
      [](const std::vector<double>& x) {
        return std::pow(1 - x[0], 2) + 100 * std::pow(x[1] - x[0] * x[0], 2);
      },
      {-1.2, 1});

  EXPECT_NEAR(found.point[0], 1, 1e-3);
  EXPECT_NEAR(found.point[1], 1, 1e-3);
}

TEST(NelderMeadTest, StaysWhereTheFunctionIsFinite) {
  const auto found = minimize(
      [](const std::vector<double>& x) {
        return x[0] > 0 ? x[0] - std::log(x[0])
                        : std::numeric_limits<double>::infinity();
      },
      {5});

  EXPECT_NEAR(found.point[0], 1, 1e-3);
  EXPECT_NEAR(found.value, 1, 1e-6);
}

} // namespace
} // namespace microfiche::metrics
