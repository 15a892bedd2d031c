#pragma once

#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "page/tiling.h"

#include <vector>

namespace microfiche::page {

/// The views of a page that the encoder takes.
struct PageViews {
  /// The whole page, base_size_px on both sides.
  PageImage global_view;

  /// Parts of the page, tile_size_px on both sides, row by row: tile i lies in
  /// row i / columns and column i % columns of the grid. Empty without tiles.
  std::vector<PageImage> tiles;

  TileGrid grid;

  /// Sides of the page before it was resized.
  int64_t page_width_px = 0;
  int64_t page_height_px = 0;
};

/// The colour around a padded page: int(0.5 * 255) in each channel.
inline constexpr Colour kPaddingColour{127, 127, 127};

/// Makes the views of `image` in `mode`. The global view and the tiles are both
/// resized from the original pixels. Throws `InputError` for an image without
/// pixels.
PageViews make_views(const PageImage& image, const ResolutionMode& mode);

} // namespace microfiche::page
