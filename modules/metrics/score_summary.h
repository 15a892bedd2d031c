#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "metrics/bootstrap.h"
#include "metrics/corpus_scores.h"
#include "metrics/predictions.h"
#include "metrics/score.h"

namespace microfiche::metrics {

/// Metrics of a set of pages, in the order of `all_metrics()`.
using MetricIntervals = std::vector<Interval>;

/// Means over pages with bootstrap intervals.
MetricIntervals summarize(const std::vector<PageScores>& pages, uint64_t seed);

/// The interval of one metric. Throws `UsageError` for an unknown name.
const Interval& find_metric(
    const MetricIntervals& metrics,
    const std::string& name);

/// `{"set_precision": {"mean", "low", "high", "bca_low", "bca_high"}, ...}`,
/// with null values if there are no pages.
Json to_json(const MetricIntervals& metrics);

/// Scores of a set of pages, with and without the pages whose reading ends in a
/// loop. A loop makes the score of its page close to 0, independent of how well
/// the rest of the page was read.
struct PageSetScores {
  int64_t pages = 0;
  MetricIntervals metrics;
  int64_t pages_without_loops = 0;
  MetricIntervals without_loops;
};

PageSetScores summarize_with_and_without_loops(
    const std::vector<PageScores>& pages,
    uint64_t seed);

/// `{"pages", "metrics"}` of the pages without loops.
Json without_loops_json(const PageSetScores& scores);

/// A bin of text length, in text tokens: [lower, upper).
struct TextTokenBin {
  int64_t lower = 0;
  int64_t upper = 0;

  bool operator==(const TextTokenBin&) const = default;
};

/// Parses `first:last:step`, such as `600:1300:100` for [600, 700) to
/// [1200, 1300). The last bin ends at `last` and may be narrower. Throws
/// `UsageError`.
std::vector<TextTokenBin> parse_bins(const std::string& text);

/// The scores of the pages of one bin, and of one group if pages are grouped.
struct BinScores {
  /// The group's value of the grouping field; empty without grouping.
  std::string group;
  TextTokenBin text_tokens;
  double text_tokens_mean = 0;
  double vision_tokens = 0;

  /// Mean text tokens over mean vision tokens, as in the paper's Table 2.
  double compression_ratio = 0;
  PageSetScores scores;
};

/// A scored file.
struct ScoreSummary {
  std::string profile;
  std::string normalization;
  PageSetScores scores;
  CorpusScores corpus;

  /// Pages with Han characters, whose text ICU splits into words. The other
  /// pages are split at white space.
  int64_t pages_split_by_icu = 0;

  /// Share of the readings that ended at the token limit, if the lines have a
  /// field `stop`.
  std::optional<double> length_stopped_rate;
  std::vector<BinScores> bins;

  /// Pages in no bin.
  int64_t outside_bins = 0;
};

/// Scores a file. With `bins`, throws `InputError` with the first page that
/// lacks `text_tokens` or `vision_tokens`. `group_by` names a field of the
/// lines that splits each bin, such as `mode`; empty for no grouping.
ScoreSummary score_file(
    const PredictionFile& file,
    const Profile& profile,
    const std::vector<TextTokenBin>& bins,
    const std::string& group_by,
    uint64_t seed);

/// The output of `microfiche score --format json`.
Json to_json(const ScoreSummary& summary);

} // namespace microfiche::metrics
