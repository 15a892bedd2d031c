#pragma once

#include <cstdint>
#include <vector>

namespace microfiche::metrics {

/// Correct answers out of all, with a 95 % interval of their share.
struct Proportion {
  int64_t probes = 0;
  int64_t correct = 0;

  /// NaN without probes, as the ends of the interval are.
  double share = 0;
  double low = 0;
  double high = 0;

  bool operator==(const Proportion&) const = default;
};

/// Wilson's score interval, for probes that are independent.
///
/// Source: Wilson, "Probable Inference, the Law of Succession, and Statistical
/// Inference", JASA 22 (1927).
Proportion wilson_proportion(int64_t correct, int64_t probes);

/// Probes of one cluster, such as a conversation, whose answers depend on each
/// other. Both may be 0.
struct ClusterCount {
  int64_t probes = 0;
  int64_t correct = 0;
};

/// The share over all clusters with a bootstrap interval that draws whole
/// clusters. If all answers are correct, or none, every draw has the same
/// share; then the interval is Wilson's.
Proportion clustered_proportion(
    const std::vector<ClusterCount>& clusters,
    uint64_t seed = 0,
    int64_t num_resamples = 2000);

} // namespace microfiche::metrics
