#pragma once

#include <optional>

#include "analysis/summary.h"
#include "report/chart.h"

namespace microfiche::report {

/// The headline metric of every mode (and style, model, ...) and length as a
/// heat map; absent where there is only one of either.
std::optional<Chart> make_heat_map(const analysis::RunSummary& summary);

/// How much text a vision token carries.
enum class DensityAxis {
  /// Text tokens over vision tokens.
  kCompressionRatio,

  /// Characters over vision tokens.
  kCharactersPerToken,
};

/// The headline metric over one of the two, a series a text: a bin of text
/// tokens, which several modes give more or fewer vision tokens, or a kind of
/// text, of which a text token is more or fewer characters. What a curve over
/// one text mixes up they tell apart. Absent where a run has neither.
std::optional<Chart> make_density_chart(
    const analysis::RunSummary& summary,
    DensityAxis axis);

} // namespace microfiche::report
