#include "metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/random.h"

namespace microfiche::metrics {
namespace {

constexpr double kLowQuantile = 0.025;
constexpr double kHighQuantile = 0.975;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
      static_cast<double>(values.size());
}

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// The inverse, by bisection; a few calls per interval do not need more speed.
double normal_quantile(double probability) {
  double low = -40;
  double high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// The acceleration of a BCa interval, by the jackknife: how the standard error
/// of the mean changes with the mean.
double acceleration_of_mean(const std::vector<double>& values, double mean) {
  double largest = 0;
  for (const double value : values) {
    largest = std::max(largest, std::abs(value - mean));
  }
  if (largest == 0) {
    return 0;
  }
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    // At most 1, so that no power leaves the range of a double.
    const double distance = (value - mean) / largest;
    squares += distance * distance;
    cubes += distance * distance * distance;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

/// The quantile of the resampled means at which the BCa interval ends.
double bca_quantile(double end, double bias, double acceleration) {
  const double shifted = bias + normal_quantile(end);
  return normal_cdf(bias + shifted / (1 - acceleration * shifted));
}

} // namespace

double percentile(const std::vector<double>& sorted, double fraction) {
  const double position = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(
      sorted[below], sorted[above], position - static_cast<double>(below));
}

std::vector<std::vector<double>> resampled_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed,
    int64_t num_resamples) {
  const size_t pages = columns.empty() ? 0 : columns.front().size();
  std::vector<std::vector<double>> means(columns.size());
  if (pages == 0) {
    return means;
  }
  // Page by page, so that a draw reads contiguous memory.
  std::vector<double> rows;
  for (size_t page = 0; page < pages; ++page) {
    for (const auto& column : columns) {
      rows.push_back(column[page]);
    }
  }
  std::vector<double> sums(columns.size());
  RandomStream random(seed, "bootstrap");
  for (int64_t resample = 0; resample < num_resamples; ++resample) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (size_t draw = 0; draw < pages; ++draw) {
      const auto page = static_cast<size_t>(random.below(pages));
      const double* row = rows.data() + page * columns.size();
      for (size_t column = 0; column < columns.size(); ++column) {
        sums[column] += row[column];
      }
    }
    for (size_t column = 0; column < columns.size(); ++column) {
      means[column].push_back(sums[column] / static_cast<double>(pages));
    }
  }
  return means;
}

Interval interval_of_mean(
    const std::vector<double>& values,
    std::vector<double> means_of_resamples) {
  const double mean = values.empty() ? kUndefined : mean_of(values);
  if (!std::isfinite(mean) || means_of_resamples.empty()) {
    return {kUndefined, kUndefined, kUndefined, kUndefined, kUndefined};
  }
  auto& sorted = means_of_resamples;
  std::sort(sorted.begin(), sorted.end());
  Interval interval;
  interval.mean = mean;
  interval.low = percentile(sorted, kLowQuantile);
  interval.high = percentile(sorted, kHighQuantile);
  interval.bca_low = interval.low;
  interval.bca_high = interval.high;

  // Means that equal the mean of the pages count half for each side.
  const auto [first, last] =
      std::equal_range(sorted.begin(), sorted.end(), mean);
  const double below = 0.5 *
      static_cast<double>((first - sorted.begin()) + (last - sorted.begin())) /
      static_cast<double>(sorted.size());
  const bool all_equal = sorted.front() == sorted.back();
  if (all_equal || below <= 0 || below >= 1) {
    return interval;
  }
  const double bias = normal_quantile(below);
  const double acceleration = acceleration_of_mean(values, mean);
  interval.bca_low =
      percentile(sorted, bca_quantile(kLowQuantile, bias, acceleration));
  interval.bca_high =
      percentile(sorted, bca_quantile(kHighQuantile, bias, acceleration));
  return interval;
}

std::vector<Interval> bootstrap_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed,
    int64_t num_resamples) {
  auto means = resampled_means(columns, seed, num_resamples);
  std::vector<Interval> intervals;
  for (size_t column = 0; column < columns.size(); ++column) {
    intervals.push_back(
        interval_of_mean(columns[column], std::move(means[column])));
  }
  return intervals;
}

Interval bootstrap_mean(
    const std::vector<double>& values,
    uint64_t seed,
    int64_t num_resamples) {
  return bootstrap_means({values}, seed, num_resamples).front();
}

double skill(double score, double floor) {
  return floor < 1 ? (score - floor) / (1 - floor)
                   : std::numeric_limits<double>::quiet_NaN();
}

} // namespace microfiche::metrics
