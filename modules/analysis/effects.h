#pragma once

#include <vector>

#include "analysis/altered_words.h"
#include "analysis/summary.h"
#include "core/table.h"
#include "metrics/paired_comparison.h"

namespace microfiche::analysis {

/// A cell with conditions compared with the same cell without them.
struct ConditionEffect {
  sweep::Cell cell;

  /// Number of pages that both cells have.
  int64_t pages = 0;

  /// Means of the headline metric with the conditions and without.
  metrics::Interval score;
  metrics::Interval untouched;

  /// `score` minus `untouched`, paired by page.
  metrics::PairedDifference gap;

  /// The permutation's p-value with Holm's correction for the number of
  /// effects.
  double holm_p_value = 1;

  /// Whether the condition removes the whole page, so that `score` is a floor.
  bool is_floor = false;

  /// `metrics::skill` of `untouched` above that floor. For a metric of which
  /// less is better, both are subtracted from 1 first. NaN if `is_floor` is
  /// false.
  double skill = 0;

  AlteredWords altered;
};

/// The effects of a run in the order of the grid: one for each cell with
/// conditions, if the run also has the cell without them.
std::vector<ConditionEffect> compute_effects(
    const sweep::Run& run,
    const RunSummary& summary);

/// One row per effect.
Table effects_table(const std::vector<ConditionEffect>& effects);

} // namespace microfiche::analysis
