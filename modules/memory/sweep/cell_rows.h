#pragma once

#include "core/json.h"
#include "core/table.h"
#include "memory/policy/accuracy_table.h"
#include "memory/sweep/conversation_sweep.h"

#include <vector>

namespace microfiche::memory {

/// All numbers of a cell. Besides `summarize`: recall of important and other
/// facts and of facts that were hit and others, where the cell has such;
/// `queries_of_4`, questions in groups of four neighbours of which all must be
/// right; `all_values`, of keys with several values the share of the values
/// that some kept page has.
Json cell_json(const CellResult& result, uint64_t seed);

/// A row per cell. Columns that no cell needs are left out.
Table cell_table(const std::vector<Json>& cells);

/// Recall by the part of the page's text in which the value stands, and by the
/// mode of the page: quarters from the top.
Table place_table(const std::vector<CellResult>& results, uint64_t seed);

/// Recall by age in pages, a row per age: a curve.
Table age_table(const std::vector<CellResult>& results, uint64_t seed);

/// Recall by mode and text tokens per page over all cells, for `memory plan
/// --accuracy`. Pages that are gone or text are not in it: the table's own
/// values for them hold.
AccuracyTable accuracy_of(
    const std::vector<CellResult>& results,
    const std::string& model);

} // namespace microfiche::memory
