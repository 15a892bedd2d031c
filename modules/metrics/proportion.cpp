#include "metrics/proportion.h"

#include <algorithm>
#include <cmath>

#include "metrics/bootstrap.h"

namespace microfiche::metrics {
Proportion wilson_proportion(int64_t correct, int64_t probes) {
  Proportion result{probes, correct, NAN, NAN, NAN};
  if (probes == 0) {
    return result;
  }
  constexpr double kZ = 1.959963984540054;
  const auto n = static_cast<double>(probes);
  const double p = static_cast<double>(correct) / n;
  const double shrink = 1 + kZ * kZ / n;
  const double centre = (p + kZ * kZ / (2 * n)) / shrink;
  const double half =
      kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / shrink;
  result.share = p;
  // Exact at the ends, where rounding would leave 1e-17.
  result.low = correct == 0 ? 0 : centre - half;
  result.high = correct == probes ? 1 : centre + half;
  return result;
}

Proportion clustered_proportion(
    const std::vector<ClusterCount>& clusters,
    uint64_t seed,
    int64_t num_resamples) {
  std::vector<std::vector<double>> columns(2);
  int64_t correct = 0;
  int64_t probes = 0;
  for (const auto& cluster : clusters) {
    columns[0].push_back(static_cast<double>(cluster.correct));
    columns[1].push_back(static_cast<double>(cluster.probes));
    correct += cluster.correct;
    probes += cluster.probes;
  }
  auto result = wilson_proportion(correct, probes);
  if (correct == 0 || correct == probes) {
    return result;
  }
  const auto means = resampled_means(columns, seed, num_resamples);
  std::vector<double> shares;
  for (size_t i = 0; i < means[0].size(); ++i) {
    if (means[1][i] > 0) {
      shares.push_back(means[0][i] / means[1][i]);
    }
  }
  std::sort(shares.begin(), shares.end());
  if (!shares.empty()) {
    result.low = percentile(shares, 0.025);
    result.high = percentile(shares, 0.975);
  }
  return result;
}

} // namespace microfiche::metrics
