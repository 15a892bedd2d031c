#pragma once

#include "page/resolution_mode.h"

#include <cstdint>

namespace microfiche::page {

/// The tiles of a page, across and down; 1 x 1 means that the page is not cut.
struct TileGrid {
  int64_t columns = 1;
  int64_t rows = 1;

  int64_t num_tiles() const {
    return columns * rows;
  }

  /// Whether there are tiles beside the global view.
  bool tiled() const {
    return num_tiles() > 1;
  }

  bool operator==(const TileGrid&) const = default;
};

/// Chooses the grid of `min_tiles` to `max_tiles` tiles whose aspect ratio is
/// nearest to the page's. If two grids are equally near, it takes the larger
/// one when the page has more than half of that grid's pixels. A page is not
/// cut if no side is longer than `untiled_up_to_px` (0: `tile_size_px`).
///
/// Throws `InputError` for a side below 1 and for an empty range of tiles.
///
/// Follows `dynamic_preprocess` of modeling_deepseekocr.py
/// (deepseek-ai/DeepSeek-OCR e4ac34e), in double precision as there.
TileGrid choose_tile_grid(
    int64_t width,
    int64_t height,
    int64_t tile_size_px,
    int64_t min_tiles,
    int64_t max_tiles,
    int64_t untiled_up_to_px = 0);

/// The grid of `mode` for a page of this size; 1 x 1 for a mode without tiles.
TileGrid mode_tile_grid(
    const ResolutionMode& mode,
    int64_t page_width_px,
    int64_t page_height_px);

} // namespace microfiche::page
