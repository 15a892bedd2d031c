#pragma once

#include <optional>
#include <vector>

#include "core/table.h"
#include "sweep/run_folder.h"

namespace microfiche::analysis {

/// Time and memory per page of a cell. Fewer tokens do not always save time,
/// because a page must be encoded first.
struct CellCost {
  sweep::Cell cell;
  int64_t pages = 0;

  /// Means over pages, without rendering. With drafts, which need the text of
  /// the page, the time of decoding is no cost of reading: see below.
  double encode_seconds = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;

  /// Mean time of decoding with drafts, and the share of drafted ids that the
  /// model chose, too; NaN if none was drafted. Only if the pages were read
  /// with drafts.
  std::optional<double> drafted_decode_seconds = std::nullopt;
  double accepted_share = 0;

  /// New tokens per second of decoding, also with drafts.
  double tokens_per_second = 0;
  int64_t peak_memory_bytes = 0;

  /// KV cache of a page, and of its text as text tokens; means over pages.
  double page_cache_bytes = 0;
  double text_cache_bytes = 0;

  /// Encoding, prefill and decoding.
  double seconds() const;
};

/// The costs of a run's cells, in their order.
std::vector<CellCost> compute_costs(const sweep::Run& run);

/// One row per cell.
Table costs_table(const std::vector<CellCost>& costs);

} // namespace microfiche::analysis
