#pragma once

#include <string>

#include "core/table.h"
#include "analysis/summary.h"

namespace microfiche::analysis {

/// summary.csv: a row a cell, unrounded.
Table full_table(const RunSummary& summary);

/// What a person reads of it.
Table overview_table(const RunSummary& summary);

/// Whether any page's reading ends in a loop, so that means without such pages
/// differ.
bool has_loops(const RunSummary& summary);

/// Says how pages were compared and where the intervals are from.
std::string method_of(const RunSummary& summary);

/// Names the cells that have fewer pages than `metrics::kFewPages`; empty where
/// none has.
std::string few_pages_in(const RunSummary& summary);

/// Both of these.
std::string notes_on(const RunSummary& summary);

} // namespace microfiche::analysis
