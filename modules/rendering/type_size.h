#pragma once

#include "core/config.h"
#include "rendering/page_renderer.h"
#include "rendering/page_style.h"

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

/// A size of type, with the distance of its lines.
struct TypeSize {
  /// Font size in px.
  double font_size_px = 16;

  /// Distance between two baselines in px.
  double line_distance_px = 20;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, TypeSize& size) {
  visit("font_size_px", size.font_size_px);
  visit("line_distance_px", size.line_distance_px);
}

/// Throws `InputError`, whose message starts with `where`, for lengths that are
/// not positive.
void validate(const TypeSize& size, const std::string& where);

/// Renders `text` on one page in the first of `sizes`, from large to small, in
/// which all of it fits. If it fits in none, uses the last size and cuts the
/// text at the end of the page. Replaces the font size and line height of
/// `style`.
///
/// Throws `InputError` as `PageRenderer::render_first` does.
RenderedPage render_in_first_that_fits(
    PageStyle style,
    const std::vector<TypeSize>& sizes,
    std::string_view text);

} // namespace microfiche::rendering
