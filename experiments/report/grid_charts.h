#pragma once

#include <optional>

#include "experiments/analysis/summary.h"
#include "experiments/report/chart.h"

namespace microfiche::experiments {

/// The headline metric of every mode (and style, model, ...) and length as a
/// heat map; absent where there is only one of either.
std::optional<Chart> make_heat_map(const RunSummary& summary);

/// How much text a vision token carries.
enum class Crowding {
  /// Text tokens over vision tokens.
  kRatio,

  /// Characters over vision tokens.
  kDensity,
};

/// The headline metric over one of the two, a series a text: a bin of text
/// tokens, which several modes give more or fewer vision tokens, or a kind of
/// text, of which a text token is more or fewer characters. What a curve over
/// one text mixes up they tell apart. Absent where a run has neither.
std::optional<Chart> make_crowding_chart(
    const RunSummary& summary,
    Crowding crowding);

} // namespace microfiche::experiments
