#pragma once

#include <string>

#include "analysis/summary.h"
#include "core/table.h"

namespace microfiche::analysis {

/// summary.csv: one row per cell, unrounded.
Table full_table(const RunSummary& summary);

/// The table for terminal and reports: fewer columns, rounded.
Table overview_table(const RunSummary& summary);

/// Whether any reading ends in a loop.
bool has_loops(const RunSummary& summary);

/// A sentence on profile, normalisation and intervals.
std::string method_note(const RunSummary& summary);

/// A sentence that names the cells with fewer pages than `metrics::kFewPages`;
/// empty if there are none.
std::string few_pages_note(const RunSummary& summary);

/// `method_note` and `few_pages_note`.
std::string summary_notes(const RunSummary& summary);

} // namespace microfiche::analysis
