#pragma once

#include "core/table.h"
#include "experiments/runner/run_folder.h"

namespace microfiche::experiments {

/// What the pages of each cell cost, a row a cell: seconds a page, tokens
/// written a second of decoding, peak memory, and the cache of keys and values
/// of a page beside that of its text as text tokens. Tokens saved are not time
/// saved: a page has to be encoded first.
Table costs_table(const Run& run);

} // namespace microfiche::experiments
