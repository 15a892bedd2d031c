#include "sweep/page_maker.h"

#include <chrono>

#include "core/error.h"
#include "core/files.h"
#include "page/image_file.h"
#include "rendering/type_size.h"

namespace microfiche::sweep {
namespace {

rendering::PageStyle page_style(
    const SweepStyle& style,
    const std::string& font,
    const page::ResolutionMode& mode) {
  const auto side = mode.base_size_px;
  const double margin = style.margin * static_cast<double>(side);
  rendering::PageStyle page;
  page.page_width_px = side;
  page.page_height_px = side;
  page.margin_top_px = margin;
  page.margin_right_px = margin;
  page.margin_bottom_px = margin;
  page.margin_left_px = margin;
  page.font = font;
  page.line_height = style.line_height;
  page.alignment = style.alignment;
  page.text_colour = style.text_colour;
  page.background_colour = style.background_colour;
  return page;
}

/// Sets as much of the text as fits on a page of this style.
rendering::RenderedPage set_page(
    const SweepStyle& style,
    const std::string& font,
    const page::ResolutionMode& mode,
    const std::string& text) {
  if (style.layout) {
    return rendering::PageRenderer(*style.layout).render_first(text);
  }
  auto look = page_style(style, font, mode);
  if (!style.sizes.empty()) {
    return rendering::render_in_first_that_fits(look, style.sizes, text);
  }
  try {
    look.font_size_px = rendering::fit_font_size(
        look, text, style.min_font_size_px, style.max_font_size_px);
  } catch (const InputError&) {
    // Not even at the smallest size, or the font lacks a character, which the
    // renderer then says.
    look.font_size_px = style.min_font_size_px;
  }
  return rendering::PageRenderer(look).render_first(text);
}

size_t bytes_of_page(const std::shared_ptr<const MadePage>& made) {
  const auto& page = made->page;
  return page.image.rgb.size() + page.text.size() + page.lines_text.size() +
      page.glyphs.size() * sizeof(page.glyphs.front());
}

} // namespace

page::Colour background_of(const SweepStyle& style) {
  return rendering::parse_colour(
      style.layout ? style.layout->background_colour : style.background_colour,
      style.name);
}

template <typename Make>
std::shared_ptr<const MadePage> PageMaker::get(
    const std::string& key,
    const Make& make) {
  return made_.get(
      key,
      [&] {
        const auto start = std::chrono::steady_clock::now();
        auto made = std::make_shared<MadePage>();
        made->page = make();
        made->seconds = std::chrono::duration<double>(
                            std::chrono::steady_clock::now() - start)
                            .count();
        return std::shared_ptr<const MadePage>(std::move(made));
      },
      bytes_of_page);
}

std::shared_ptr<const MadePage> PageMaker::set(
    const SweepStyle& style,
    const std::string& font,
    const page::ResolutionMode& mode,
    const std::string& text) {
  auto look = style;
  look.name.clear();
  const Json content = {
      write_config(look), font, style.layout ? 0 : mode.base_size_px, text};
  return get(sha256(content.dump()), [&] {
    return set_page(style, font, mode, text);
  });
}

std::shared_ptr<const MadePage> PageMaker::open(
    const std::filesystem::path& file) {
  return get(file.string(), [&] {
    rendering::RenderedPage page;
    page.image = page::read_image(file);
    return page;
  });
}

} // namespace microfiche::sweep
