#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "sweep/run_folder.h"
#include "metrics/compression_ratio.h"
#include "metrics/score_summary.h"

namespace microfiche::analysis {

/// What came out of a cell. Means are over its pages.
struct CellSummary {
  sweep::Cell cell;
  int64_t pages = 0;
  double text_tokens = 0;
  double model_text_tokens = 0;
  double characters = 0;

  struct {
    double nominal = 0;
    double valid = 0;
    double positions = 0;
  } vision_tokens;

  /// Characters per nominal vision token that are really on the pages.
  double characters_per_token = 0;
  metrics::CompressionRatios ratios;
  metrics::MetricIntervals metrics;

  /// The same over the pages whose reading does not end in a loop.
  int64_t pages_without_loops = 0;
  metrics::MetricIntervals without_loops;

  /// Share of pages whose reading was cut off by the limit of new tokens.
  double length_stopped_rate = 0;

  /// What readings of other pages of the cell score on each page; empty where
  /// the control is off or the cell has one page.
  metrics::MetricIntervals wrong_page;

  /// What the reading of an empty page scores; empty where the control is off.
  metrics::MetricIntervals blank_page;

  /// Of the headline metric above the wrong page (see `metrics::skill`); NaN
  /// without that floor.
  double skill = 0;

  sweep::StageSeconds seconds;

  /// Mean bits per character of the reference, where log-likelihoods are there,
  /// else NaN.
  double bits_per_character = 0;
};

/// A run in numbers.
struct RunSummary {
  std::string title;
  std::string profile;

  /// What texts were made equal in, by name.
  std::string normalization;

  /// The metric of the curve, and whether more of it is better.
  std::string headline;
  bool higher_is_better = true;
  int64_t pages = 0;
  std::vector<CellSummary> cells;
};

/// Sums a run up, its cells in the order of the sweep; cells without a page are
/// left out. Everything is computed from the samples.
RunSummary summarize_run(const sweep::Run& run);

/// summary.json.
Json to_json(const RunSummary& summary);

} // namespace microfiche::analysis
