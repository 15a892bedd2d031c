#include "metrics/paired_comparison.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace microfiche::metrics {
namespace {

constexpr size_t kMaxExactPages = 16;
constexpr int64_t kPermutations = 10000;

/// Whether the sum `flipped` is at least as far from 0 as the observed sum. The
/// tolerance makes sums equal that differ only by their order of addition.
bool as_far(double flipped, double observed) {
  return std::abs(flipped) >= std::abs(observed) * (1 - 1e-12);
}

double exact_p_value(const std::vector<double>& differences, double observed) {
  const uint64_t num_signs = uint64_t{1} << differences.size();
  uint64_t count = 0;
  for (uint64_t signs = 0; signs < num_signs; ++signs) {
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i) {
      sum += (signs >> i & 1) ? -differences[i] : differences[i];
    }
    count += as_far(sum, observed);
  }
  return static_cast<double>(count) / static_cast<double>(num_signs);
}

double sampled_p_value(
    const std::vector<double>& differences,
    double observed,
    uint64_t seed) {
  RandomStream random(seed, "permutation");
  int64_t count = 0;
  for (int64_t draw = 0; draw < kPermutations; ++draw) {
    double sum = 0;
    uint64_t signs = 0;
    for (size_t i = 0; i < differences.size(); ++i) {
      if (i % 64 == 0) {
        signs = random.bits();
      }
      sum += (signs >> (i % 64) & 1) ? -differences[i] : differences[i];
    }
    count += as_far(sum, observed);
  }
  // The observed signs are one of the possible arrangements.
  return static_cast<double>(count + 1) /
      static_cast<double>(kPermutations + 1);
}

/// The observed mean counts as a resample, so that the result is above 0.
double two_sided_share(const std::vector<double>& means) {
  const auto at_most = std::count_if(
      means.begin(), means.end(), [](double mean) { return mean <= 0; });
  const auto at_least = std::count_if(
      means.begin(), means.end(), [](double mean) { return mean >= 0; });
  return std::min(
      1.0,
      2 * static_cast<double>(std::min(at_most, at_least) + 1) /
          static_cast<double>(means.size() + 1));
}

} // namespace

PairedDifference compare_paired(
    const std::vector<double>& first,
    const std::vector<double>& second,
    uint64_t seed) {
  check(
      first.size() == second.size() && !first.empty(),
      "a paired comparison needs the same pages on both sides, got ",
      first.size(),
      " and ",
      second.size());
  std::vector<double> differences;
  std::vector<double> nonzero;
  for (size_t page = 0; page < first.size(); ++page) {
    differences.push_back(second[page] - first[page]);
    if (differences.back() != 0) {
      nonzero.push_back(differences.back());
    }
  }
  const double observed = std::accumulate(nonzero.begin(), nonzero.end(), 0.0);
  const auto means = resampled_means({differences}, seed).front();
  PairedDifference result;
  result.pages = static_cast<int64_t>(differences.size());
  result.difference = interval_of_mean(differences, means);
  result.p_value = nonzero.size() <= kMaxExactPages
      ? exact_p_value(nonzero, observed)
      : sampled_p_value(nonzero, observed, seed);
  result.bootstrap_p_value = two_sided_share(means);
  return result;
}

std::vector<double> holm_adjusted(const std::vector<double>& p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return p_values[a] < p_values[b];
  });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const auto tests_left = static_cast<double>(order.size() - rank);
    largest = std::max(largest, tests_left * p_values[order[rank]]);
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

} // namespace microfiche::metrics
