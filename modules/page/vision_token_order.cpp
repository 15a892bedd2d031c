#include "page/vision_token_order.h"

#include "core/error.h"

#include <algorithm>
#include <numeric>

namespace microfiche::page {
namespace {

/// The vision tokens of one view.
struct ViewTokens {
  /// Squares along its side.
  int64_t side = 0;
  int64_t tokens = 0;
};

ViewTokens
tokens_of_view(const ResolutionMode& mode, int64_t size_px, int64_t square_px) {
  check(
      square_px >= 1 && size_px % square_px == 0,
      "mode \"",
      mode.name,
      "\": a view of ",
      size_px,
      " px is not a whole number of vision tokens of ",
      square_px,
      " px each");
  const int64_t side = size_px / square_px;
  const int64_t shared = mode.layout.squares_per_token;
  check(
      shared == 1 || !mode.layout.has_rows,
      "mode \"",
      mode.name,
      "\": in rows of vision tokens each has one square, not ",
      shared);
  check(
      shared >= 1 && side * side % shared == 0,
      "mode \"",
      mode.name,
      "\": ",
      side,
      " x ",
      side,
      " squares of a view are not a whole number of vision tokens of ",
      shared,
      " squares each");
  return {side, side * side / shared};
}

} // namespace

VisionTokenCounts count_vision_tokens(
    const ResolutionMode& mode,
    TileGrid grid,
    int64_t page_width_px,
    int64_t page_height_px,
    int64_t pixels_per_token) {
  check(
      page_width_px >= 1 && page_height_px >= 1,
      "count_vision_tokens: expected a page with sides of at least 1, got ",
      page_width_px,
      " x ",
      page_height_px);
  const auto view = tokens_of_view(mode, mode.base_size_px, pixels_per_token);
  const auto [shorter, longer] = std::minmax(page_width_px, page_height_px);

  VisionTokenCounts counts;
  counts.nominal = view.tokens;
  counts.valid = mode.fit == Fit::kPad
      ? (view.tokens * shorter + longer - 1) / longer
      : view.tokens;
  int64_t newlines = view.side;
  if (grid.tiled()) {
    const auto tile = tokens_of_view(mode, mode.tile_size_px, pixels_per_token);
    counts.nominal += tile.tokens * grid.num_tiles();
    counts.valid += tile.tokens * grid.num_tiles();
    newlines += tile.side * grid.rows;
  }
  counts.positions =
      counts.nominal + (mode.layout.has_rows ? newlines : 0) + /*separator*/ 1;
  return counts;
}

VisionTokenCounts count_vision_tokens(
    const ResolutionMode& mode,
    int64_t page_width_px,
    int64_t page_height_px,
    int64_t pixels_per_token) {
  return count_vision_tokens(
      mode,
      mode_tile_grid(mode, page_width_px, page_height_px),
      page_width_px,
      page_height_px,
      pixels_per_token);
}

int64_t count_nominal_tokens(
    const ResolutionMode& mode,
    int64_t pixels_per_token) {
  return count_vision_tokens(
             mode, mode.base_size_px, mode.base_size_px, pixels_per_token)
      .nominal;
}

std::vector<int64_t> vision_token_order(
    int64_t global_side,
    TileGrid grid,
    int64_t tile_side,
    TokenLayout layout) {
  const int64_t n = global_side;
  const int64_t m = grid.tiled() ? tile_side : 0;
  check(
      n >= 1 && m >= 0 && grid.columns >= 1 && grid.rows >= 1,
      "vision_token_order: expected sides of at least 1, got a global view of ",
      global_side,
      " and ",
      grid.columns,
      " x ",
      grid.rows,
      " tiles of ",
      tile_side);
  const int64_t first_global =
      grid.num_tiles() * m * m / layout.squares_per_token;
  const int64_t newline = first_global + n * n / layout.squares_per_token;
  const int64_t separator = newline + 1;

  std::vector<int64_t> order;
  if (!layout.has_rows) {
    order.resize(static_cast<size_t>(newline));
    std::iota(order.begin(), order.end(), int64_t{0});
    order.push_back(separator);
    return order;
  }
  order.reserve(static_cast<size_t>(
      m * grid.rows * (m * grid.columns + 1) + n * (n + 1) + 1));
  for (int64_t y = 0; y < grid.rows * m; ++y) {
    for (int64_t x = 0; x < grid.columns * m; ++x) {
      const int64_t tile = y / m * grid.columns + x / m;
      order.push_back((tile * m + y % m) * m + x % m);
    }
    order.push_back(newline);
  }
  for (int64_t y = 0; y < n; ++y) {
    for (int64_t x = 0; x < n; ++x) {
      order.push_back(first_global + y * n + x);
    }
    order.push_back(newline);
  }
  order.push_back(separator);
  return order;
}

} // namespace microfiche::page
