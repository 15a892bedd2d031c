#pragma once

#include <cstdint>
#include <vector>

namespace microfiche::metrics {

/// A mean over pages and its 95 % interval.
struct Interval {
  double mean = 0;
  double low = 0;
  double high = 0;

  bool operator==(const Interval&) const = default;
};

/// Means of several columns of numbers over the same pages, each with its
/// percentile bootstrap interval: pages are drawn with replacement, the same
/// draws for every column, and the interval runs from the 2.5th to the 97.5th
/// percentile of the means. The same seed gives the same interval. Without
/// pages all three numbers are NaN.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
/// section 13.3.
std::vector<Interval> bootstrap_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed = 0,
    int64_t num_resamples = 10000);

/// The same for one column.
Interval bootstrap_mean(
    const std::vector<double>& values,
    uint64_t seed = 0,
    int64_t num_resamples = 10000);

/// What is left of a score above a floor: (score - floor) / (1 - floor), so 0
/// is what the floor reaches and 1 is perfect. NaN when the floor is 1.
double skill(double score, double floor);

/// How two runs differ on the pages that both have.
struct PairedDifference {
  int64_t pages = 0;

  /// Of second minus first.
  Interval difference;

  /// Two-sided: how often signs given to the differences by chance move the
  /// mean at least as far. Exact up to 16 differing pages, 10,000 draws beyond.
  double p_value = 1;
};

/// Compares two scores of the same pages in the same order: paired bootstrap
/// interval and sign-flip permutation test. Throws `InputError` when the lists
/// differ in length or are empty.
///
/// Source: Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses"
/// (2005), section 3.7, the matched-pairs test.
PairedDifference compare_paired(
    const std::vector<double>& first,
    const std::vector<double>& second,
    uint64_t seed = 0);

} // namespace microfiche::metrics
