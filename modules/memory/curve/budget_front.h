#pragma once

#include "memory/curve/recall_curve.h"

#include <string>
#include <vector>

namespace microfiche::memory::curve {

/// What one method remembers in one series.
struct FrontPoint {
  size_t series = 0;
  std::string method;

  /// Positions of the context per question, the mean.
  double positions = 0;
  Recall recall;

  /// Among the points of `CurveOptions::method`: none has at least the recall
  /// with at most the positions.
  bool on_front = false;
};

/// Recall over positions for all series of a store.
struct BudgetFront {
  std::vector<Series> all_series;
  std::vector<FrontPoint> points;

  /// Facts that were asked in every series, to which the points are confined.
  /// 0: no fact was asked everywhere, and the points have different questions.
  int64_t common_facts = 0;
};

/// Methods that say nothing about a budget (the wrong and the blank page) are
/// left out.
BudgetFront make_front(
    Store& store,
    const std::vector<Series>& all_series,
    const CurveOptions& options);

} // namespace microfiche::memory::curve
