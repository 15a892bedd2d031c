#pragma once

#include <optional>
#include <vector>

#include "analysis/effects.h"
#include "report/chart.h"

namespace microfiche::report {

/// The headline metric under each condition with its interval. The first row is
/// the untouched cell, whose mean is also a line. Kinds of conditions follow
/// from least to most harmful, with the strengths of a kind together. Absent
/// without effects.
std::optional<Chart> make_conditions_chart(
    const std::vector<analysis::ConditionEffect>& effects,
    const analysis::RunSummary& summary);

/// How altered words were read: the shares read as on the page, corrected to
/// the original word, and read as something else. Absent without altered words.
std::optional<Chart> make_altered_words_chart(
    const std::vector<analysis::ConditionEffect>& effects);

} // namespace microfiche::report
