#pragma once

#include "core/config.h"
#include "rendering/page_renderer.h"
#include "rendering/page_style.h"

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

/// A size in which type comes, with the distance of its lines.
struct TypeSize {
  double font_size_px = 16;
  double line_distance_px = 20;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, TypeSize& size) {
  visit("font_size_px", size.font_size_px);
  visit("line_distance_px", size.line_distance_px);
}

/// Throws `InputError` for lengths that are not positive.
void validate(const TypeSize& size, const std::string& where);

/// The page of `text` in the first of `sizes`, which go from large to small, in
/// which all of it fits; in the last one, cut where the page ends, when it fits
/// in none. What `style` says of the font's size and line height is replaced.
///
/// Throws `InputError` as `PageRenderer::render_first` does.
RenderedPage render_in_first_that_fits(
    PageStyle style,
    const std::vector<TypeSize>& sizes,
    std::string_view text);

} // namespace microfiche::rendering
