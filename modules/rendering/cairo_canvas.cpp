#include "rendering/cairo_canvas.h"

#include "core/error.h"

namespace microfiche::rendering {

CairoCanvas::CairoCanvas(cairo_format_t format, int64_t width, int64_t height)
    : width_(width),
      height_(height),
      surface_(cairo_image_surface_create(
          format,
          static_cast<int>(width),
          static_cast<int>(height))),
      context_(cairo_create(surface_.get())) {
  check<OutOfMemoryError>(
      cairo_status(context_.get()) == CAIRO_STATUS_SUCCESS,
      "no memory for a page of ",
      width,
      " x ",
      height,
      " pixels");
}

void CairoCanvas::flush() {
  cairo_surface_flush(surface_.get());
}

uint8_t* CairoCanvas::row(int64_t y) {
  return cairo_image_surface_get_data(surface_.get()) +
      y * cairo_image_surface_get_stride(surface_.get());
}

void CairoCanvas::mark_changed() {
  cairo_surface_mark_dirty(surface_.get());
}

} // namespace microfiche::rendering
