#pragma once

#include <vector>

#include "core/table.h"
#include "analysis/altered_words.h"
#include "analysis/summary.h"
#include "metrics/paired_comparison.h"

namespace microfiche::analysis {

/// What a cell's conditions did, beside the cell without them.
struct ConditionEffect {
  sweep::Cell cell;

  /// Pages that both cells have.
  int64_t pages = 0;

  /// Means of the headline metric with the conditions and without.
  metrics::Interval score;
  metrics::Interval untouched;

  /// `score` minus `untouched`, page by page.
  metrics::PairedDifference gap;

  /// The permutation's p-value, corrected by Holm for the number of effects.
  double holm_p_value = 1;

  /// Whether nothing of the page is left, so that `score` is a floor.
  bool is_floor = false;

  /// What is left of `untouched` above that floor (see `metrics::skill`), of a
  /// metric of which less is better, of what it leaves to 1; NaN where the
  /// score is no floor.
  double skill = 0;

  AlteredWords altered;
};

/// The effects of a run, in the order of its cells: one for every cell with
/// conditions whose untouched cell is there, too.
std::vector<ConditionEffect> compute_effects(const sweep::Run& run, const RunSummary& summary);

/// A row an effect.
Table effects_table(const std::vector<ConditionEffect>& effects);

} // namespace microfiche::analysis
