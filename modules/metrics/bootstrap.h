#pragma once

#include <cstdint>
#include <vector>

namespace microfiche::metrics {

/// Resamples of a bootstrap.
constexpr int64_t kBootstrapResamples = 10000;

/// Reports mark results on fewer pages than this as indications only.
constexpr int64_t kFewPages = 30;

/// A mean over pages and its 95 % intervals.
struct Interval {
  double mean = 0;

  /// Percentile interval.
  double low = 0;
  double high = 0;

  /// Bias-corrected and accelerated (BCa) interval: more accurate for skewed
  /// scores, such as scores near 1.
  double bca_low = 0;
  double bca_high = 0;

  bool operator==(const Interval&) const = default;
};

/// Means over pages drawn with replacement: for each column, one mean per
/// resample. All columns use the same draws and must have the same length. The
/// same seed gives the same means.
std::vector<std::vector<double>> resampled_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed,
    int64_t num_resamples = kBootstrapResamples);

/// Interpolates linearly between sorted values, as NumPy's default; `fraction`
/// in [0, 1].
double percentile(const std::vector<double>& sorted, double fraction);

/// The intervals of a mean, from its resampled means. Their width is 0 for one
/// page and for pages with equal values. All values are NaN without pages and
/// if a value is not finite.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
/// sections 13.3 and 14.3; scipy.stats.bootstrap, methods "percentile" and
/// "BCa".
Interval interval_of_mean(
    const std::vector<double>& values,
    std::vector<double> means_of_resamples);

/// Means of several columns over the same pages, with bootstrap intervals.
std::vector<Interval> bootstrap_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed = 0,
    int64_t num_resamples = kBootstrapResamples);

/// The same for one column.
Interval bootstrap_mean(
    const std::vector<double>& values,
    uint64_t seed = 0,
    int64_t num_resamples = kBootstrapResamples);

/// A score relative to a floor: (score - floor) / (1 - floor). 0 is the floor,
/// 1 is perfect. NaN when the floor is 1.
double skill(double score, double floor);

} // namespace microfiche::metrics
