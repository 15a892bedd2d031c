#pragma once

#include <cstdint>
#include <vector>

#include "metrics/bootstrap.h"

namespace microfiche::metrics {

/// The difference of two runs on the pages that both have.
struct PairedDifference {
  int64_t pages = 0;

  /// Second minus first.
  Interval difference;

  /// Two-sided, by permutation: the share of random sign flips of the
  /// differences whose mean is at least as far from 0. Exact up to 16 differing
  /// pages, 10,000 draws for more.
  double p_value = 1;

  /// Two-sided, by bootstrap: twice the share of resampled means at 0 or on its
  /// other side.
  double bootstrap_p_value = 1;
};

/// Compares two scores of the same pages in the same order. Throws `InputError`
/// when the lists differ in length or are empty.
///
/// Source: Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses"
/// (2005), section 3.7, the matched-pairs test; Davison and Hinkley, "Bootstrap
/// Methods and their Application" (1997), section 4.4.
PairedDifference compare_paired(
    const std::vector<double>& first,
    const std::vector<double>& second,
    uint64_t seed = 0);

/// Holm's correction of the p-values of several tests. It bounds the
/// probability of at least one false positive by the significance level.
///
/// Source: Holm, Scandinavian Journal of Statistics 6 (1979).
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

} // namespace microfiche::metrics
