#include "page/page_views.h"

#include "page/resize.h"

namespace microfiche::page {

PageViews make_views(const PageImage& image, const ResolutionMode& mode) {
  validate(image, "page");

  PageViews views;
  views.page_width_px = image.width;
  views.page_height_px = image.height;
  views.grid = mode_tile_grid(mode, image.width, image.height);
  views.global_view = mode.fit == Fit::kStretch
      ? resize_bicubic(image, mode.base_size_px, mode.base_size_px)
      : resize_and_pad(image, mode.base_size_px, kPaddingColour);
  if (!views.grid.tiled()) {
    return views;
  }
  const int64_t side = mode.tile_size_px;
  const auto mosaic =
      resize_bicubic(image, side * views.grid.columns, side * views.grid.rows);
  for (int64_t row = 0; row < views.grid.rows; ++row) {
    for (int64_t column = 0; column < views.grid.columns; ++column) {
      views.tiles.push_back(
          crop(mosaic, column * side, row * side, side, side));
    }
  }
  return views;
}

} // namespace microfiche::page
