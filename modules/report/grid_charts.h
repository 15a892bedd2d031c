#pragma once

#include <optional>

#include "analysis/summary.h"
#include "report/chart.h"

namespace microfiche::report {

/// A heat map of the headline metric by setting (mode, style, model, ...) and
/// length. Absent with a single setting or a single length.
std::optional<Chart> make_heat_map(const analysis::RunSummary& summary);

/// A measure of the text per vision token.
enum class DensityAxis {
  /// Text tokens over nominal vision tokens.
  kCompressionRatio,

  /// Characters over nominal vision tokens.
  kCharactersPerToken,
};

/// The headline metric over one of the two measures, one series per text: per
/// bin of text tokens if several modes read it, or per kind of text. Separates
/// the two measures, which are proportional for one kind of text. Absent if a
/// run has neither.
std::optional<Chart> make_density_chart(
    const analysis::RunSummary& summary,
    DensityAxis axis);

} // namespace microfiche::report
