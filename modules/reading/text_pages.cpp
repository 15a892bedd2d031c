#include "reading/text_pages.h"

#include "core/config.h"
#include "core/error.h"
#include "rendering/page_renderer.h"

#include <string_view>
#include <utility>

namespace microfiche::reading {
namespace {

/// Range of the font size of a fitted page, in pixels: smaller letters cannot
/// be told apart, larger ones do not help.
constexpr double kMinFontSize = 6;
constexpr double kMaxFontSize = 18;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

} // namespace

TextStyle find_text_style(
    const std::string& file,
    const model::ModelConfig& config,
    const page::ResolutionMode& mode) {
  if (!file.empty()) {
    return {load_config<rendering::PageStyle>(file), /*fits_font=*/false};
  }
  const auto& trained_on = config.toolkit.trained_on;
  if (trained_on && !trained_on->page_style.is_null()) {
    return {
        read_config<rendering::PageStyle>(
            trained_on->page_style, "microfiche.trained_on.page_style"),
        /*fits_font=*/false};
  }
  TextStyle fitted;
  fitted.fits_font = true;
  const double margin = static_cast<double>(mode.base_size_px) / 32;
  fitted.style.page_width_px = mode.base_size_px;
  fitted.style.page_height_px = mode.base_size_px;
  fitted.style.margin_top_px = margin;
  fitted.style.margin_right_px = margin;
  fitted.style.margin_bottom_px = margin;
  fitted.style.margin_left_px = margin;
  return fitted;
}

page::PageImage TextPages::render(int64_t page) const {
  const rendering::PageRenderer renderer(style);
  return std::move(
      renderer.render_next(text, begins.at(page - 1)).value().image);
}

TextPages set_text(
    std::string text,
    const TextStyle& text_style,
    const std::string& where) {
  if (text.starts_with(kByteOrderMark)) {
    text.erase(0, kByteOrderMark.size());
  }
  TextPages pages{std::move(text), text_style.style, {}};
  rendering::PageRenderer(pages.style).check_text(pages.text, where);
  if (text_style.fits_font) {
    try {
      pages.style.font_size_px = rendering::fit_font_size(
          pages.style, pages.text, kMinFontSize, kMaxFontSize);
    } catch (const InputError& error) {
      throw InputError(concat(
          where,
          ": ",
          error.what(),
          "; give a larger --mode, or a --style for several pages"));
    }
  }
  const rendering::PageRenderer renderer(pages.style);
  int64_t begin = 0;
  while (const auto page = renderer.render_next(pages.text, begin)) {
    pages.begins.push_back(begin);
    begin = page->source_end;
  }
  return pages;
}

model::PageFacts page_facts(
    const rendering::PageStyle& style,
    const page::PageImage& image) {
  constexpr double kCssDpi = 96;
  model::PageFacts facts;
  facts.width_px = image.width;
  facts.height_px = image.height;
  facts.font = style.font;
  facts.font_size_px = style.font_size_px * style.dpi / kCssDpi;
  facts.line_distance_px = facts.font_size_px * style.line_height;
  return facts;
}

} // namespace microfiche::reading
