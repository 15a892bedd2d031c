#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "metrics/confidence.h"
#include "metrics/corpus_scores.h"
#include "metrics/predictions.h"
#include "metrics/score.h"

namespace microfiche::metrics {

/// Metrics of a set of pages, in the order of `all_metrics()`.
using MetricIntervals = std::vector<Interval>;

/// Means over pages with bootstrap intervals.
MetricIntervals summarize(const std::vector<PageScores>& pages, uint64_t seed);

/// The interval of one metric. Throws `UsageError` for a name that is none.
const Interval& find_metric(
    const MetricIntervals& metrics,
    const std::string& name);

/// As `{"set_precision": {"mean", "low", "high", "bca_low", "bca_high"}, ...}`,
/// null where no page is.
Json to_json(const MetricIntervals& metrics);

/// A set of pages, and what is left of it when readings that end in a loop are
/// left out: a loop costs a page nearly everything and says little of how well
/// the rest was read.
struct PageSetScores {
  int64_t pages = 0;
  MetricIntervals metrics;
  int64_t pages_without_loops = 0;
  MetricIntervals without_loops;
};

PageSetScores summarize_with_and_without_loops(
    const std::vector<PageScores>& pages,
    uint64_t seed);

/// `{"pages", "metrics"}` of the pages without a loop.
Json without_loops_json(const PageSetScores& scores);

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
  double text_tokens_mean = 0;
  double vision_tokens = 0;

  /// Mean text tokens over mean vision tokens, as the paper's Table 2.
  double compression_ratio = 0;
  PageSetScores scores;
};

/// A scored file.
struct ScoreSummary {
  std::string profile;
  std::string normalization;
  PageSetScores scores;
  CorpusScores corpus;

  /// Pages whose words are ICU's, as their text has Han characters; those of
  /// the others lie between white space.
  int64_t pages_split_by_icu = 0;

  /// Share of the pages that were cut off by a limit of length; where the lines
  /// have a field `stop`.
  std::optional<double> length_stopped_rate;
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
