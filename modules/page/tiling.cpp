#include "page/tiling.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace microfiche::page {
namespace {

/// All grids of `min_tiles` to `max_tiles` tiles, fewest tiles first.
std::vector<TileGrid> candidate_grids(int64_t min_tiles, int64_t max_tiles) {
  std::vector<TileGrid> grids;
  for (int64_t columns = 1; columns <= max_tiles; ++columns) {
    for (int64_t rows = 1; columns * rows <= max_tiles; ++rows) {
      if (columns * rows >= min_tiles) {
        grids.push_back({columns, rows});
      }
    }
  }
  std::stable_sort(grids.begin(), grids.end(), [](auto a, auto b) {
    return a.num_tiles() < b.num_tiles();
  });
  return grids;
}

} // namespace

TileGrid choose_tile_grid(
    int64_t width,
    int64_t height,
    int64_t tile_size_px,
    int64_t min_tiles,
    int64_t max_tiles,
    int64_t untiled_up_to_px) {
  check(
      width >= 1 && height >= 1 && tile_size_px >= 1 && 1 <= min_tiles &&
          min_tiles <= max_tiles && untiled_up_to_px >= 0,
      "choose_tile_grid: expected sides of at least 1 and 1 <= min_tiles <= "
      "max_tiles, got a page of ",
      width,
      " x ",
      height,
      " and ",
      min_tiles,
      " to ",
      max_tiles,
      " tiles of ",
      tile_size_px);
  const int64_t small = untiled_up_to_px > 0 ? untiled_up_to_px : tile_size_px;
  if (width <= small && height <= small) {
    return {};
  }

  const double aspect =
      static_cast<double>(width) / static_cast<double>(height);
  const double area = static_cast<double>(width) * static_cast<double>(height);
  const double tile_area =
      static_cast<double>(tile_size_px) * static_cast<double>(tile_size_px);
  double least = std::numeric_limits<double>::infinity();
  TileGrid chosen;
  for (const auto grid : candidate_grids(min_tiles, max_tiles)) {
    const double difference = std::abs(
        aspect -
        static_cast<double>(grid.columns) / static_cast<double>(grid.rows));
    const double grid_area = tile_area * static_cast<double>(grid.num_tiles());
    if (difference < least || (difference == least && area > 0.5 * grid_area)) {
      least = difference;
      chosen = grid;
    }
  }
  return chosen;
}

TileGrid mode_tile_grid(
    const ResolutionMode& mode,
    int64_t page_width_px,
    int64_t page_height_px) {
  if (!mode.tiled()) {
    return {};
  }
  return choose_tile_grid(
      page_width_px,
      page_height_px,
      mode.tile_size_px,
      mode.min_tiles,
      mode.max_tiles,
      mode.untiled_up_to_px);
}

} // namespace microfiche::page
