#include "rendering/page_renderer.h"

#include "core/error.h"
#include "rendering/cairo_canvas.h"
#include "rendering/font.h"
#include "rendering/page_layout.h"
#include "rendering/text_check.h"
#include "rendering/visible_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

namespace microfiche::rendering {
namespace {

/// `find_font` with a cache, since it reads the disk.
std::string font_file(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::string> files;
  const std::lock_guard lock(mutex);
  auto& file = files[name];
  if (file.empty()) {
    file = find_font(name).string();
  }
  return file;
}

std::vector<std::string> font_files(const PageStyle& style) {
  std::vector<std::string> files = {font_file(style.font)};
  for (const auto& name : style.fallback_fonts) {
    files.push_back(font_file(name));
  }
  return files;
}

/// The colour of a pixel for each share that glyphs cover, from 0 to 255.
using Palette = std::array<page::Colour, 256>;

Palette make_palette(const PageStyle& style) {
  const auto text = parse_colour(style.text_colour, "text_colour");
  const auto background =
      parse_colour(style.background_colour, "background_colour");
  const auto blend = [](int from, int to, int coverage) {
    return static_cast<uint8_t>(
        (from * (255 - coverage) + to * coverage + 127) / 255);
  };
  Palette palette;
  for (int i = 0; i < 256; ++i) {
    palette[static_cast<size_t>(i)] = {
        blend(background.red, text.red, i),
        blend(background.green, text.green, i),
        blend(background.blue, text.blue, i)};
  }
  return palette;
}

/// Draws glyphs on a canvas of one byte per pixel, which says how much of the
/// pixel glyphs cover, and gives each pixel its colour.
page::PageImage draw_glyphs(
    const std::vector<GlyphRun>& runs,
    const Palette& palette,
    CairoCanvas& canvas) {
  canvas.flush();
  for (int64_t y = 0; y < canvas.height(); ++y) {
    std::memset(canvas.row(y), 0, static_cast<size_t>(canvas.width()));
  }
  canvas.mark_changed();
  for (const auto& run : runs) {
    cairo_set_scaled_font(canvas.context(), run.font);
    cairo_show_glyphs(
        canvas.context(),
        run.glyphs.data(),
        static_cast<int>(run.glyphs.size()));
  }
  canvas.flush();

  page::PageImage image{canvas.width(), canvas.height(), {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  uint8_t* out = image.rgb.data();
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* const coverage = canvas.row(y);
    for (int64_t x = 0; x < image.width; ++x) {
      const page::Colour& colour = palette[coverage[x]];
      *out++ = colour.red;
      *out++ = colour.green;
      *out++ = colour.blue;
    }
  }
  return image;
}

/// Validates a style and returns it in pixels.
PageStyle checked_in_pixels(const PageStyle& style) {
  validate(style, "page style");
  return in_pixels(style);
}

} // namespace

struct PageRenderer::Impl {
  explicit Impl(const PageStyle& given)
      : style(checked_in_pixels(given)),
        fonts(acquire_font_set(font_files(style))),
        palette(make_palette(style)),
        canvas(CAIRO_FORMAT_A8, style.page_width_px, style.page_height_px) {
    fonts->set_size(style.font_size_px);
    const double height = static_cast<double>(style.page_height_px) -
        style.margin_top_px - style.margin_bottom_px;
    const double extent = line_extent(style, fonts->metrics());
    check(
        extent <= height,
        "page style: ",
        height,
        " px between the margins are less than one line of ",
        extent,
        " px; lower the margins or the font size");
  }

  PageLayout lay_out(std::string_view text, size_t begin) {
    return lay_out_page(text, begin, style, *fonts);
  }

  RenderedPage finish(std::string_view text, PageLayout layout);

  PageStyle style;
  PooledFontSet fonts;
  Palette palette;
  CairoCanvas canvas;
};

RenderedPage PageRenderer::Impl::finish(
    std::string_view text,
    PageLayout layout) {
  const size_t begin = layout.lines.front().begin;
  const auto& last = layout.lines.back();
  const size_t end = trim_end(text, last.begin, last.end);
  const VisibleText visible(text.substr(begin, end - begin));
  const auto position = [&](size_t source_byte) {
    return static_cast<size_t>(
        visible.position(static_cast<int64_t>(source_byte - begin)));
  };

  RenderedPage page;
  page.image = draw_glyphs(layout.placed.runs, palette, canvas);
  page.font_size_px = style.font_size_px;
  page.text = visible.text();
  page.source_begin = static_cast<int64_t>(begin);
  page.source_end = static_cast<int64_t>(end);
  for (const auto& line : layout.lines) {
    const size_t line_begin = position(line.begin);
    const size_t line_end = position(trim_end(text, line.begin, line.end));
    page.lines_text += page.text.substr(line_begin, line_end - line_begin);
    page.lines_text += '\n';
  }
  page.lines_text.pop_back();
  page.glyphs = std::move(layout.placed.boxes);
  for (auto& box : page.glyphs) {
    box.byte_begin = visible.position(box.byte_begin - page.source_begin);
    box.byte_end = visible.position(box.byte_end - page.source_begin);
  }
  std::erase_if(page.glyphs, [](const GlyphBox& box) {
    return box.byte_begin == box.byte_end;
  });
  return page;
}

PageRenderer::PageRenderer(const PageStyle& style)
    : impl_(std::make_unique<Impl>(style)) {}
PageRenderer::PageRenderer(PageRenderer&& other) noexcept = default;
PageRenderer& PageRenderer::operator=(PageRenderer&& other) noexcept = default;
PageRenderer::~PageRenderer() = default;

void PageRenderer::check_text(std::string_view text, const std::string& where)
    const {
  check(!text.empty(), where, ": the text is empty");
  check_utf8(text, where);
  check_glyphs(text, where, impl_->style, *impl_->fonts);
}

std::vector<UndrawableCharacter> PageRenderer::find_undrawable(
    std::string_view text,
    int64_t max_count) const {
  check_utf8(text, "text");
  return rendering::find_undrawable(
      text, max_count, impl_->style, *impl_->fonts);
}

std::optional<RenderedPage> PageRenderer::render_next(
    std::string_view text,
    int64_t begin) const {
  auto layout = impl_->lay_out(text, static_cast<size_t>(begin));
  if (layout.lines.empty()) {
    return std::nullopt;
  }
  return impl_->finish(text, std::move(layout));
}

RenderedPage PageRenderer::render_first(std::string_view text) const {
  check_text(text, "text");
  return *render_next(text, 0);
}

std::vector<RenderedPage> PageRenderer::render(std::string_view text) const {
  check_text(text, "text");
  std::vector<RenderedPage> pages;
  auto page = render_next(text, 0);
  while (page) {
    const int64_t end = page->source_end;
    pages.push_back(std::move(*page));
    page = render_next(text, end);
  }
  return pages;
}

double fit_font_size(
    const PageStyle& style,
    std::string_view text,
    double min_px,
    double max_px) {
  constexpr double kStepsPerPx = 4;
  const auto at_step = [&](int64_t step) {
    PageStyle sized = style;
    sized.font_size_px = static_cast<double>(step) / kStepsPerPx;
    return sized;
  };
  const auto least = static_cast<int64_t>(std::ceil(min_px * kStepsPerPx));
  const auto most = static_cast<int64_t>(std::floor(max_px * kStepsPerPx));
  check(
      1 <= least && least <= most,
      "fit_font_size: expected a range with a multiple of 0.25 px, got ",
      min_px,
      " to ",
      max_px);
  PageRenderer(at_step(least)).check_text(text, "text");
  const size_t end = trim_end(text, 0, text.size());
  const auto fits = [&](int64_t step) {
    try {
      return PageRenderer(at_step(step)).impl_->lay_out(text, 0).next >= end;
    } catch (const InputError&) {
      return false; // Less than one line fits.
    }
  };
  check(
      fits(least),
      "fit_font_size: ",
      text.size(),
      " bytes of text do not fit one page even at ",
      min_px,
      " px");
  int64_t good = least;
  int64_t bad = most + 1;
  while (bad - good > 1) {
    const int64_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return static_cast<double>(good) / kStepsPerPx;
}

} // namespace microfiche::rendering
