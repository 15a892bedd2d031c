#pragma once

#include <string>

#include "core/table.h"
#include "metrics/score_summary.h"

namespace microfiche::metrics {

/// What a person reads: a row a bin and one for all, the metrics that the
/// profile shows with their percentile intervals, loop rate, and the headline
/// metric without looped pages where there are any.
Table overview_table(
    const ScoreSummary& summary,
    const Profile& profile);

/// The table of a paper: a row a bin, and for each group the headline metric
/// with its interval and pages, and the compression ratio. `summary` must have
/// bins.
Table paper_table(
    const ScoreSummary& summary,
    const Profile& profile);

/// What a program reads: every metric with its intervals, unrounded.
Table full_table(const ScoreSummary& summary);

/// What goes with the numbers: profile, normalisation, how words were split,
/// numbers over all texts together, and which rows have few pages.
std::string notes_on(const ScoreSummary& summary);

} // namespace microfiche::metrics
