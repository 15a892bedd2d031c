#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "metrics/confidence.h"
#include "metrics/predictions.h"
#include "metrics/score.h"

namespace microfiche::metrics {

/// Metrics of a set of pages, in the order of `metric_names()`.
using MetricIntervals = std::vector<Interval>;

/// Means over pages with bootstrap intervals.
MetricIntervals summarize(const std::vector<PageScores>& pages, uint64_t seed);

/// The interval of one metric.
const Interval& find_metric(
    const MetricIntervals& metrics,
    const std::string& name);

/// As `{"set_precision": {"mean", "low", "high"}, ...}`, null where no page is.
Json to_json(const MetricIntervals& metrics);

/// A bin of text length, in text tokens: [lower, upper).
struct TextTokenBin {
  int64_t lower = 0;
  int64_t upper = 0;

  bool operator==(const TextTokenBin&) const = default;
};

/// Reads `first:last:step`, e.g. `600:1300:100` for [600, 700) to [1200, 1300);
/// the last bin ends at `last` even when it is narrower. Throws `UsageError`.
std::vector<TextTokenBin> parse_bins(const std::string& text);

/// One row: the pages of a bin, and of a group where pages are grouped.
struct BinScores {
  /// The value of the field by which pages are grouped; empty without.
  std::string group;
  TextTokenBin text_tokens;
  int64_t pages = 0;
  double text_tokens_mean = 0;
  double vision_tokens = 0;

  /// Mean text tokens over mean vision tokens, as the paper's Table 2.
  double compression_ratio = 0;
  MetricIntervals metrics;
};

/// A scored file.
struct ScoreSummary {
  std::string profile;
  int64_t pages = 0;
  MetricIntervals metrics;
  std::vector<BinScores> bins;

  /// Pages in no bin.
  int64_t outside_bins = 0;
};

/// Scores a file. With `bins`, each page must have `text_tokens` and
/// `vision_tokens`, else `InputError` names the first that has not. `group_by`
/// splits each bin by a field of the lines, e.g. `mode`; empty does not.
ScoreSummary score_file(
    const PredictionFile& file,
    const Profile& profile,
    const std::vector<TextTokenBin>& bins,
    const std::string& group_by,
    uint64_t seed);

/// What `microfiche score --format json` prints.
Json to_json(const ScoreSummary& summary);

} // namespace microfiche::metrics
