#pragma once

// Not for public headers: it shows Cairo's types.

#include <cairo.h>

#include <cstdint>
#include <memory>

namespace microfiche::rendering {

/// Pixels in memory that Cairo draws on.
class CairoCanvas {
 public:
  /// The largest side, in pixels.
  static constexpr int64_t kMaxSide = 32767;

  /// Throws `OutOfMemoryError`. Pixels start as 0.
  CairoCanvas(cairo_format_t format, int64_t width, int64_t height);

  cairo_t* context() const {
    return context_.get();
  }

  int64_t width() const {
    return width_;
  }
  int64_t height() const {
    return height_;
  }

  /// Finishes what was drawn; call it before `row`.
  void flush();

  /// The first byte of row `y`.
  uint8_t* row(int64_t y);

  /// Tells Cairo that pixels changed through `row`.
  void mark_changed();

 private:
  struct Destroy {
    void operator()(cairo_surface_t* surface) const {
      cairo_surface_destroy(surface);
    }
    void operator()(cairo_t* context) const {
      cairo_destroy(context);
    }
  };

  int64_t width_;
  int64_t height_;
  std::unique_ptr<cairo_surface_t, Destroy> surface_;
  std::unique_ptr<cairo_t, Destroy> context_;
};

} // namespace microfiche::rendering
