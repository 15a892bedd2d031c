#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "metrics/compression_ratio.h"
#include "metrics/score_summary.h"
#include "sweep/run_folder.h"

namespace microfiche::analysis {

/// Results of a cell. All values are means over its pages.
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

  /// Characters on the pages per nominal vision token.
  double characters_per_token = 0;
  metrics::CompressionRatios ratios;
  metrics::MetricIntervals metrics;

  /// The same for the pages whose reading does not end in a loop.
  int64_t pages_without_loops = 0;
  metrics::MetricIntervals without_loops;

  /// Share of readings that ended at the limit of new tokens.
  double length_stopped_rate = 0;

  /// Scores of the readings of other pages of the cell on each page. Empty if
  /// the control is off or the cell has one page.
  metrics::MetricIntervals wrong_page;

  /// Scores of the reading of an empty page. Empty if the control is off.
  metrics::MetricIntervals blank_page;

  /// `metrics::skill` of the headline metric above `wrong_page`; NaN without
  /// that floor.
  double skill = 0;

  /// Means; that of decoding is NaN if pages were read with drafts.
  sweep::StageSeconds seconds;

  /// Mean bits per character of the reference; NaN without log-likelihoods.
  double bits_per_character = 0;
};

/// Results of a run.
struct RunSummary {
  std::string title;
  std::string profile;

  /// Name of the text normalisation.
  std::string normalization;

  /// The main metric, and whether higher values are better.
  std::string headline;
  bool higher_is_better = true;
  int64_t pages = 0;
  std::vector<CellSummary> cells;
};

/// Summarizes the samples of a run. Cells are in the order of the grid, without
/// empty cells.
RunSummary summarize_run(const sweep::Run& run);

/// summary.json.
Json to_json(const RunSummary& summary);

} // namespace microfiche::analysis
