#pragma once

#include <string>

#include "core/table.h"
#include "metrics/score_summary.h"

namespace microfiche::metrics {

/// The table for the terminal: one row per bin and one for all pages. Columns
/// are the metrics that the profile shows with percentile intervals, the loop
/// rate, and the headline metric without looped pages if there are any.
Table overview_table(const ScoreSummary& summary, const Profile& profile);

/// The table for a paper: one row per bin, and for each group the headline
/// metric with its interval, the number of pages, and the compression ratio.
/// `summary` must have bins.
Table paper_table(const ScoreSummary& summary, const Profile& profile);

/// The table for programs: every metric with its intervals, unrounded.
Table full_table(const ScoreSummary& summary);

/// Notes on the tables: profile, normalisation, how words were split, corpus
/// scores, and the rows with few pages.
std::string notes_on(const ScoreSummary& summary);

} // namespace microfiche::metrics
