#pragma once

#include <optional>
#include <vector>

#include "analysis/effects.h"
#include "report/chart.h"

namespace microfiche::report {

/// The headline metric under each condition with its interval, from the least
/// harmful kind of condition to the most harmful one, the strengths of a kind
/// beside each other; above them the untouched cell, and its mean as a line.
/// Absent without effects.
std::optional<Chart> make_conditions_chart(
    const std::vector<analysis::ConditionEffect>& effects,
    const analysis::RunSummary& summary);

/// What became of words that a condition altered: the share read as they stand,
/// "corrected" to what stood there before, and read as something else. Absent
/// without altered words.
std::optional<Chart> make_altered_words_chart(
    const std::vector<analysis::ConditionEffect>& effects);

} // namespace microfiche::report
