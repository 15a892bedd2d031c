#pragma once

#include <vector>

#include "core/table.h"
#include "sweep/run_folder.h"

namespace microfiche::analysis {

/// What the pages of a cell cost. Tokens saved are not time saved: a page has
/// to be encoded first.
struct CellCost {
  sweep::Cell cell;
  int64_t pages = 0;

  /// Means over pages, without rendering.
  double encode_seconds = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;

  /// Written in a second of decoding.
  double tokens_per_second = 0;
  int64_t peak_memory_bytes = 0;

  /// The cache of keys and values of a page, and of its text as text tokens;
  /// means over pages.
  double page_cache_bytes = 0;
  double text_cache_bytes = 0;

  /// Encoding, prefill and decoding.
  double seconds() const;
};

/// The costs of a run's cells, in their order.
std::vector<CellCost> compute_costs(const sweep::Run& run);

/// A row a cell.
Table costs_table(const std::vector<CellCost>& costs);

} // namespace microfiche::analysis
