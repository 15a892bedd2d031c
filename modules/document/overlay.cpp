#include "document/overlay.h"

#include "core/error.h"
#include "rendering/cairo_canvas.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace microfiche::document {
namespace {

using rendering::CairoCanvas;

struct Destroy {
  void operator()(PangoLayout* layout) const {
    g_object_unref(layout);
  }
  void operator()(PangoFontDescription* font) const {
    pango_font_description_free(font);
  }
  void operator()(gchar* text) const {
    g_free(text);
  }
};

template <typename T>
using Owned = std::unique_ptr<T, Destroy>;

/// A page with boxes drawn on it.
class Overlay {
 public:
  explicit Overlay(const page::PageImage& page)
      : canvas_(CAIRO_FORMAT_RGB24, page.width, page.height),
        // The height of an upright A4 page holds 100 lines of labels.
        letter_px_(std::max(
            10.0,
            static_cast<double>(std::min(page.width, page.height)) / 70)),
        line_px_(std::max(2.0, letter_px_ / 8)) {
    const uint8_t* from = page.rgb.data();
    for (int64_t y = 0; y < page.height; ++y) {
      for (uint32_t& pixel : row(y)) {
        pixel = uint32_t{from[0]} << 16 | uint32_t{from[1]} << 8 | from[2];
        from += 3;
      }
    }
    canvas_.mark_changed();
  }

  void draw_frame(const Box& box, page::Colour colour) {
    constexpr double kOpacity = 0.08;
    const double inset = line_px_ / 2;
    cairo_t* const cairo = canvas_.context();
    set_colour(colour, kOpacity);
    add_rectangle(box, 0);
    cairo_fill(cairo);
    // The frame lies inside its box, where it is not cut at the page's edge.
    set_colour(colour, 1);
    cairo_set_line_width(cairo, line_px_);
    add_rectangle(box, inset);
    cairo_stroke(cairo);
  }

  void
  draw_label(const Box& box, const std::string& label, page::Colour colour) {
    const auto layout = lay_out(label);
    PangoRectangle extent;
    pango_layout_get_pixel_extents(layout.get(), nullptr, &extent);
    const double width = extent.width + 2 * line_px_;
    const double height = extent.height;
    const double left = std::clamp(
        static_cast<double>(box.left),
        0.0,
        std::max(0.0, static_cast<double>(canvas_.width()) - width));
    const bool fits_above = static_cast<double>(box.top) >= height;
    const double top = static_cast<double>(box.top) - (fits_above ? height : 0);
    cairo_t* const cairo = canvas_.context();
    set_colour(colour, 1);
    cairo_rectangle(cairo, left, top, width, height);
    cairo_fill(cairo);
    set_colour({255, 255, 255}, 1);
    cairo_move_to(cairo, left + line_px_, top);
    pango_cairo_show_layout(cairo, layout.get());
  }

  page::PageImage take() {
    canvas_.flush();
    page::PageImage image{canvas_.width(), canvas_.height(), {}};
    image.rgb.reserve(static_cast<size_t>(image.width * image.height * 3));
    for (int64_t y = 0; y < image.height; ++y) {
      for (const uint32_t pixel : row(y)) {
        for (const int shift : {16, 8, 0}) {
          image.rgb.push_back(static_cast<uint8_t>(pixel >> shift & 255));
        }
      }
    }
    return image;
  }

 private:
  std::span<uint32_t> row(int64_t y) {
    return {
        reinterpret_cast<uint32_t*>(canvas_.row(y)),
        static_cast<size_t>(canvas_.width())};
  }

  void set_colour(page::Colour colour, double opacity) {
    cairo_set_source_rgba(
        canvas_.context(),
        colour.red / 255.0,
        colour.green / 255.0,
        colour.blue / 255.0,
        opacity);
  }

  void add_rectangle(const Box& box, double inset) {
    cairo_rectangle(
        canvas_.context(),
        static_cast<double>(box.left) + inset,
        static_cast<double>(box.top) + inset,
        std::max(0.0, static_cast<double>(box.right - box.left) - 2 * inset),
        std::max(0.0, static_cast<double>(box.bottom - box.top) - 2 * inset));
  }

  /// One line of at most half the page's width.
  Owned<PangoLayout> lay_out(const std::string& label) {
    // A label is the model's text and may be any bytes. More are not readable.
    constexpr size_t kMaxBytes = 400;
    const Owned<gchar> text(g_utf8_make_valid(
        label.data(), static_cast<gssize>(std::min(label.size(), kMaxBytes))));
    const Owned<PangoFontDescription> font(
        pango_font_description_from_string("Sans"));
    pango_font_description_set_absolute_size(
        font.get(), letter_px_ * PANGO_SCALE);
    Owned<PangoLayout> layout(pango_cairo_create_layout(canvas_.context()));
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    pango_layout_set_width(
        layout.get(), static_cast<int>(canvas_.width() / 2) * PANGO_SCALE);
    pango_layout_set_text(layout.get(), text.get(), -1);
    return layout;
  }

  CairoCanvas canvas_;
  double letter_px_;
  double line_px_;
};

} // namespace

std::vector<page::PageImage> cut_figures(
    const page::PageImage& page,
    const GroundedText& text) {
  validate(page, "cut_figures");
  std::vector<page::PageImage> images;
  for (const auto& [block, box] : find_figures(text)) {
    const Box inside = {
        std::max<int64_t>(box.left, 0),
        std::max<int64_t>(box.top, 0),
        std::min(box.right, page.width),
        std::min(box.bottom, page.height)};
    images.push_back(
        is_empty(inside) ? page::PageImage()
                         : page::crop(
                               page,
                               inside.left,
                               inside.top,
                               inside.right - inside.left,
                               inside.bottom - inside.top));
  }
  return images;
}

page::Colour label_colour(std::string_view label) {
  struct LabelColour {
    std::string_view label;
    page::Colour colour;
  };
  static constexpr std::array<LabelColour, 8> kPublished = {{
      {"title", {176, 32, 32}},
      {"sub_title", {192, 80, 0}},
      {"text", {24, 88, 176}},
      {"image", {0, 120, 64}},
      {"image_caption", {0, 112, 120}},
      {"table", {120, 40, 152}},
      {"table_caption", {184, 32, 120}},
      {"equation", {104, 80, 24}},
  }};
  static constexpr std::array<page::Colour, 5> kOthers = {{
      {72, 72, 72},
      {64, 64, 192},
      {136, 24, 72},
      {64, 104, 0},
      {120, 64, 48},
  }};
  for (const auto& [name, colour] : kPublished) {
    if (name == label) {
      return colour;
    }
  }
  uint32_t sum = 0;
  for (const char c : label) {
    sum = sum * 31 + static_cast<unsigned char>(c);
  }
  return kOthers[sum % kOthers.size()];
}

page::PageImage draw_overlay(
    const page::PageImage& page,
    const std::vector<Block>& blocks) {
  validate(page, "page with boxes");
  check(
      page.width <= CairoCanvas::kMaxSide &&
          page.height <= CairoCanvas::kMaxSide,
      "the page has ",
      page.width,
      " x ",
      page.height,
      " pixels; boxes are drawn on pages of at most ",
      CairoCanvas::kMaxSide,
      " pixels per side");
  Overlay overlay(page);
  for (const auto& block : blocks) {
    for (const auto& box : block.boxes) {
      if (!is_empty(box)) {
        overlay.draw_frame(box, label_colour(block.label));
      }
    }
  }
  // Labels come last, so that no frame crosses them.
  for (const auto& block : blocks) {
    for (const auto& box : block.boxes) {
      if (!is_empty(box)) {
        overlay.draw_label(box, block.label, label_colour(block.label));
      }
    }
  }
  return overlay.take();
}

} // namespace microfiche::document
