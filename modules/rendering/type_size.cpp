#include "rendering/type_size.h"

#include "core/error.h"
#include "rendering/text_layout.h"

namespace microfiche::rendering {
namespace {

/// A lower bound of the width of running text per character, relative to the
/// font size. A page that is too small even for it need not be laid out.
constexpr double kMinAdvance = 0.35;

bool may_fit(const PageStyle& style, std::string_view text) {
  const double lines =
      (style.page_height_px - style.margin_top_px - style.margin_bottom_px) /
      (style.line_height * style.font_size_px);
  const double characters_per_line =
      column_width(style) / (kMinAdvance * style.font_size_px);
  return static_cast<double>(text.size()) <=
      lines * characters_per_line * static_cast<double>(style.columns);
}

} // namespace

void validate(const TypeSize& size, const std::string& where) {
  check(
      size.font_size_px > 0 && size.line_distance_px > 0,
      where,
      ": font_size_px and line_distance_px must be above 0, got ",
      size.font_size_px,
      " and ",
      size.line_distance_px);
}

RenderedPage render_in_first_that_fits(
    PageStyle style,
    const std::vector<TypeSize>& sizes,
    std::string_view text) {
  check(!sizes.empty(), "type sizes: expected at least one");
  const auto end = static_cast<int64_t>(trim_end(text, 0, text.size()));
  const auto set_size = [&](const TypeSize& size) {
    style.font_size_px = size.font_size_px;
    style.line_height = size.line_distance_px / size.font_size_px;
  };
  for (auto size = sizes.begin(); size != sizes.end() - 1; ++size) {
    set_size(*size);
    if (may_fit(style, text)) {
      auto page = PageRenderer(style).render_first(text);
      if (page.source_end >= end) {
        return page;
      }
    }
  }
  set_size(sizes.back());
  return PageRenderer(style).render_first(text);
}

} // namespace microfiche::rendering
