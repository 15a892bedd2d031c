#include "metrics/confidence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace microfiche::metrics {
namespace {

constexpr double kLowPercentile = 0.025;
constexpr double kHighPercentile = 0.975;
constexpr size_t kMaxExactPages = 16;
constexpr int64_t kPermutations = 10000;

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
      static_cast<double>(values.size());
}

/// Linear between the two nearest of the sorted values, as numpy's default.
double percentile(const std::vector<double>& sorted, double fraction) {
  const double position = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(
      sorted[below], sorted[above], position - static_cast<double>(below));
}

/// Whether signs that move the sum to `flipped` move it as far as it was; equal
/// sums must count as equal whatever the order in which they were added.
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
  // The order that was observed is one of the possible ones.
  return static_cast<double>(count + 1) /
      static_cast<double>(kPermutations + 1);
}

} // namespace

std::vector<Interval> bootstrap_means(
    const std::vector<std::vector<double>>& columns,
    uint64_t seed,
    int64_t num_resamples) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const size_t pages = columns.empty() ? 0 : columns.front().size();
  std::vector<Interval> intervals(columns.size(), {nan, nan, nan});
  if (pages == 0) {
    return intervals;
  }
  std::vector<std::vector<double>> means(columns.size());
  std::vector<double> sums(columns.size());
  RandomStream random(seed, "bootstrap");
  for (int64_t resample = 0; resample < num_resamples; ++resample) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (size_t draw = 0; draw < pages; ++draw) {
      const auto page = static_cast<size_t>(random.below(pages));
      for (size_t column = 0; column < columns.size(); ++column) {
        sums[column] += columns[column][page];
      }
    }
    for (size_t column = 0; column < columns.size(); ++column) {
      means[column].push_back(sums[column] / static_cast<double>(pages));
    }
  }
  for (size_t column = 0; column < columns.size(); ++column) {
    auto& sorted = means[column];
    std::sort(sorted.begin(), sorted.end());
    intervals[column] = {
        mean_of(columns[column]),
        percentile(sorted, kLowPercentile),
        percentile(sorted, kHighPercentile)};
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
  PairedDifference result;
  result.pages = static_cast<int64_t>(differences.size());
  result.difference = bootstrap_mean(differences, seed);
  result.p_value = nonzero.size() <= kMaxExactPages
      ? exact_p_value(nonzero, observed)
      : sampled_p_value(nonzero, observed, seed);
  return result;
}

} // namespace microfiche::metrics
