#pragma once

#include <cstdint>
#include <vector>

#include "metrics/confidence.h"

namespace microfiche::metrics {

/// How two runs differ on the pages that both have.
struct PairedDifference {
  int64_t pages = 0;

  /// Of second minus first.
  Interval difference;

  /// Two-sided, by permutation: how often signs given to the differences by
  /// chance move the mean at least as far. Exact up to 16 differing pages,
  /// 10,000 draws beyond.
  double p_value = 1;

  /// Two-sided, by bootstrap: twice the share of resampled means on the far
  /// side of 0, or at it.
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

/// Holm's correction: p-values of several tests, raised so that the chance of
/// any false alarm among them stays below the level at which they are read.
///
/// Source: Holm, Scandinavian Journal of Statistics 6 (1979).
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

} // namespace microfiche::metrics
