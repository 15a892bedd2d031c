#pragma once

#include <cstdint>
#include <vector>

namespace microfiche::metrics {

/// Draws of a bootstrap.
constexpr int64_t kBootstrapResamples = 10000;

/// Fewer pages than this say little, whatever their interval; reports say so.
constexpr int64_t kFewPages = 30;

/// A mean over pages and its 95 % intervals.
struct Interval {
  double mean = 0;

  /// Percentile interval.
  double low = 0;
  double high = 0;

  /// Bias-corrected and accelerated interval, which is the better one where
  /// scores are skewed, as they are near 1.
  double bca_low = 0;
  double bca_high = 0;

  bool operator==(const Interval&) const = default;
};

/// Means of each column over pages drawn with replacement, the same draws for
/// every column: for each column as many means as resamples, in the order of
/// the draws. Columns must be of one length. The same seed gives the same
/// means.
std::vector<std::vector<double>> resampled_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed,
    int64_t num_resamples = kBootstrapResamples);

/// The intervals of a mean, from its resampled means. One page, and pages that
/// are all alike, have intervals without width; without pages all is NaN.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
/// sections 13.3 and 14.3; scipy.stats.bootstrap, methods "percentile" and
/// "BCa".
Interval interval_of_mean(
    const std::vector<double>& values,
    std::vector<double> means_of_resamples);

/// Means of several columns of numbers over the same pages, each with its
/// bootstrap intervals.
std::vector<Interval> bootstrap_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed = 0,
    int64_t num_resamples = kBootstrapResamples);

/// The same for one column.
Interval bootstrap_mean(
    const std::vector<double>& values,
    uint64_t seed = 0,
    int64_t num_resamples = kBootstrapResamples);

/// What is left of a score above a floor: (score - floor) / (1 - floor), so 0
/// is what the floor reaches and 1 is perfect. NaN when the floor is 1.
double skill(double score, double floor);

} // namespace microfiche::metrics
