#pragma once

#include "page/resolution_mode.h"

#include <cstdint>

namespace microfiche::page {

/// How many tiles a page is cut into, across and down; 1 x 1 is a page that is
/// not cut.
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

/// Chooses the grid nearest to the page's aspect ratio among those of
/// `min_tiles` to `max_tiles` tiles. Of two equally near ones it takes the
/// larger if the page has more than half of that grid's pixels. A page with no
/// side longer than `untiled_up_to_px` (0: `tile_size_px`) is not cut.
///
/// All arguments are at least 1, and there is a grid to choose, else
/// `InputError`.
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

/// The grid that `mode` cuts a page of this size into; 1 x 1 for a mode without
/// tiles.
TileGrid mode_tile_grid(
    const ResolutionMode& mode,
    int64_t page_width_px,
    int64_t page_height_px);

} // namespace microfiche::page
