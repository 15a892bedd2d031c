#include "memory/sweep/shares.h"

#include "core/error.h"
#include "memory/recall/recall_report.h"

namespace microfiche::memory {

metrics::Proportion share_of(
    const std::vector<metrics::ClusterCount>& clusters,
    uint64_t seed) {
  if (clusters.size() >= kFewestDrawn) {
    return metrics::clustered_proportion(clusters, seed);
  }
  int64_t correct = 0;
  int64_t probes = 0;
  for (const auto& cluster : clusters) {
    correct += cluster.correct;
    probes += cluster.probes;
  }
  return metrics::wilson_proportion(correct, probes);
}

Json share_json(const metrics::Proportion& share) {
  return {
      {"n", share.probes},
      {"correct", share.correct},
      {"mean", finite_or_null(share.share)},
      {"low", finite_or_null(share.low)},
      {"high", finite_or_null(share.high)}};
}

std::string share_text(const Json& share) {
  return share.is_null() || share["n"] == 0 || share["mean"].is_null()
      ? "-"
      : concat(
            fixed(share["mean"].get<double>(), 3),
            " [",
            fixed(share["low"].get<double>(), 3),
            ", ",
            fixed(share["high"].get<double>(), 3),
            "], n ",
            share["n"].dump());
}

} // namespace microfiche::memory
