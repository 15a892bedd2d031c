#include "rendering/page_renderer.h"

#include "core/error.h"
#include "rendering/font.h"
#include "rendering/page_setting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

namespace microfiche::rendering {
namespace {

struct DestroySurface {
  void operator()(cairo_surface_t* surface) const {
    cairo_surface_destroy(surface);
  }
};

struct DestroyContext {
  void operator()(cairo_t* context) const {
    cairo_destroy(context);
  }
};

/// `find_font`, remembered: it asks the disk.
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

/// The colour of a pixel by how much of it glyphs cover, 0 to 255.
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

/// A page's coverage by glyphs, one byte a pixel.
class Canvas {
 public:
  Canvas(int64_t width, int64_t height)
      : width_(width),
        height_(height),
        surface_(cairo_image_surface_create(
            CAIRO_FORMAT_A8,
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

  page::PageImage draw(
      const std::vector<GlyphRun>& runs,
      const Palette& palette) {
    cairo_surface_flush(surface_.get());
    const int64_t stride = cairo_image_surface_get_stride(surface_.get());
    uint8_t* coverage = cairo_image_surface_get_data(surface_.get());
    std::memset(coverage, 0, static_cast<size_t>(stride * height_));
    cairo_surface_mark_dirty(surface_.get());
    for (const auto& run : runs) {
      cairo_set_scaled_font(context_.get(), run.font);
      cairo_show_glyphs(
          context_.get(),
          run.glyphs.data(),
          static_cast<int>(run.glyphs.size()));
    }
    cairo_surface_flush(surface_.get());

    page::PageImage image{width_, height_, {}};
    image.rgb.resize(static_cast<size_t>(width_ * height_ * 3));
    uint8_t* out = image.rgb.data();
    for (int64_t y = 0; y < height_; ++y) {
      for (int64_t x = 0; x < width_; ++x) {
        const page::Colour& colour = palette[coverage[y * stride + x]];
        *out++ = colour.red;
        *out++ = colour.green;
        *out++ = colour.blue;
      }
    }
    return image;
  }

 private:
  int64_t width_;
  int64_t height_;
  std::unique_ptr<cairo_surface_t, DestroySurface> surface_;
  std::unique_ptr<cairo_t, DestroyContext> context_;
};

/// `style` in pixels, once it is known to be good.
PageStyle checked_in_pixels(const PageStyle& style) {
  validate(style, "page style");
  return in_pixels(style);
}

bool is_space(gunichar character) {
  return g_unichar_isspace(character) || character == 0x85;
}

/// Line of a text, from 1, on which a byte stands.
int64_t line_of(std::string_view text, size_t at) {
  return 1 + std::count(text.begin(), text.begin() + at, '\n');
}

} // namespace

struct PageRenderer::Impl {
  explicit Impl(const PageStyle& given)
      : style(checked_in_pixels(given)),
        fonts(borrow_font_set(font_files(style))),
        palette(make_palette(style)),
        canvas(style.page_width_px, style.page_height_px) {
    fonts->set_size(style.font_size_px);
    const double height = static_cast<double>(style.page_height_px) -
        style.margin_top_px - style.margin_bottom_px;
    const double extent = line_extent(style, fonts->metrics());
    check(
        extent <= height,
        "page style: ",
        height,
        " px between the margins hold not even one line of ",
        extent,
        " px; lower the margins or the font size");
  }

  PageSetting set(std::string_view text, size_t begin) {
    return set_page(text, begin, style, *fonts);
  }

  RenderedPage finish(std::string_view text, PageSetting setting);

  void check_glyphs(std::string_view text, const std::string& where);

  /// Whether Pango can make the character at byte `at`, which no font has by
  /// itself, of what stands around it.
  bool composes(std::string_view text, size_t at);

  PageStyle style;
  BorrowedFontSet fonts;
  Palette palette;
  Canvas canvas;
};

RenderedPage PageRenderer::Impl::finish(
    std::string_view text,
    PageSetting setting) {
  const auto content = [&](const PageSetting::Line& line) {
    const size_t end = trim_end(text, line.begin, line.end);
    return text.substr(line.begin, end - line.begin);
  };
  const auto last = content(setting.lines.back());
  const size_t begin = setting.lines.front().begin;
  const size_t end =
      static_cast<size_t>(last.data() + last.size() - text.data());

  RenderedPage page;
  page.image = canvas.draw(setting.placed.runs, palette);
  page.font_size_px = style.font_size_px;
  page.text = text.substr(begin, end - begin);
  page.source_begin = static_cast<int64_t>(begin);
  page.source_end = static_cast<int64_t>(end);
  for (const auto& line : setting.lines) {
    page.lines_text += content(line);
    page.lines_text += '\n';
  }
  page.lines_text.pop_back();
  page.glyphs = std::move(setting.placed.boxes);
  for (auto& box : page.glyphs) {
    box.byte_begin -= page.source_begin;
    box.byte_end -= page.source_begin;
  }
  return page;
}

bool PageRenderer::Impl::composes(std::string_view text, size_t at) {
  // The grapheme around the character: a base and what combines with it.
  const auto combines = [&](size_t place) {
    return g_unichar_ismark(g_utf8_get_char(text.data() + place)) != FALSE;
  };
  size_t begin = at;
  while (begin > 0 && combines(begin)) {
    begin = static_cast<size_t>(
        g_utf8_prev_char(text.data() + begin) - text.data());
  }
  size_t end = at;
  do {
    next_character(text, end);
  } while (end < text.size() && combines(end));
  ParagraphLayout layout(*fonts);
  layout.set(text, begin, end, style);
  return pango_layout_get_unknown_glyphs_count(fonts->layout()) == 0;
}

void PageRenderer::Impl::check_glyphs(
    std::string_view text,
    const std::string& where) {
  constexpr size_t kListed = 10;
  // Missing characters, and the byte at which each one first stands.
  std::map<gunichar, size_t> missing;
  bool visible = false;
  std::array<bool, 128> ascii = {};
  for (gunichar character = 1; character < 128; ++character) {
    ascii[character] = is_space(character) || fonts->has(character);
  }
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const gunichar character = next_character(text, at);
    visible = visible || g_unichar_isgraph(character);
    const bool known = character < 128
        ? ascii[character]
        : is_space(character) || fonts->has(character);
    if (!known && !missing.contains(character) && !composes(text, begin)) {
      missing.emplace(character, begin);
    }
  }
  check(visible, where, ": nothing in the text can be seen on a page");
  if (missing.empty()) {
    return;
  }
  std::vector<std::pair<size_t, gunichar>> by_place;
  for (const auto& [character, place] : missing) {
    by_place.emplace_back(place, character);
  }
  std::sort(by_place.begin(), by_place.end());
  std::string list;
  for (size_t i = 0; i < std::min(by_place.size(), kListed); ++i) {
    const auto& [place, character] = by_place[i];
    list += concat(
        i == 0 ? "" : ", ",
        describe_character(character),
        " at byte ",
        place,
        " (line ",
        line_of(text, place),
        ")");
  }
  if (by_place.size() > kListed) {
    list += concat(" and ", by_place.size() - kListed, " more");
  }
  std::string files;
  for (const auto& file : fonts->files()) {
    files += (files.empty() ? "" : ", ") + file;
  }
  throw InputError(concat(
      where,
      ": no glyph for ",
      list,
      " in ",
      files,
      "; name a font that has them in fallback_fonts"));
}

PageRenderer::PageRenderer(const PageStyle& style)
    : impl_(std::make_unique<Impl>(style)) {}
PageRenderer::PageRenderer(PageRenderer&& other) noexcept = default;
PageRenderer& PageRenderer::operator=(PageRenderer&& other) noexcept = default;
PageRenderer::~PageRenderer() = default;

void PageRenderer::check_text(std::string_view text, const std::string& where)
    const {
  check(!text.empty(), where, ": the text is empty");
  const char* bad = nullptr;
  const bool valid =
      g_utf8_validate(text.data(), static_cast<gssize>(text.size()), &bad) !=
      FALSE;
  const size_t place = static_cast<size_t>(bad - text.data());
  check(
      valid,
      where,
      ": byte ",
      place,
      " (line ",
      line_of(text, std::min(place, text.size())),
      ") is ",
      valid || *bad != '\0' ? "not UTF-8" : "U+0000",
      "; expected text in UTF-8");
  impl_->check_glyphs(text, where);
}

std::optional<RenderedPage> PageRenderer::render_next(
    std::string_view text,
    int64_t begin) const {
  auto setting = impl_->set(text, static_cast<size_t>(begin));
  if (setting.lines.empty()) {
    return std::nullopt;
  }
  return impl_->finish(text, std::move(setting));
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
      "fit_font_size: expected a range that holds a quarter of a px, got ",
      min_px,
      " to ",
      max_px);
  PageRenderer(at_step(least)).check_text(text, "text");
  const size_t end = trim_end(text, 0, text.size());
  const auto fits = [&](int64_t step) {
    try {
      return PageRenderer(at_step(step)).impl_->set(text, 0).next >= end;
    } catch (const InputError&) {
      return false; // not even one line fits
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
