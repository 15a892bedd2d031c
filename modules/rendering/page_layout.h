#pragma once

// Only for the sources of this module: it shows Pango's types.

#include "rendering/text_layout.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

/// The layout of a page, before it is drawn.
struct PageLayout {
  struct Line {
    /// Bytes of the text, including the white space at the end of the line;
    /// none for a blank line.
    size_t begin = 0;
    size_t end = 0;
  };

  /// The visual lines of the page, through all columns. The first and the last
  /// are not blank.
  std::vector<Line> lines;
  PlacedGlyphs placed;

  /// The byte at which the next page begins.
  size_t next = 0;
};

/// The height of a line in pixels: the distance of two baselines, or the height
/// of the glyphs if that is larger.
double line_extent(const PageStyle& style, const FontSet::Metrics& metrics);

/// Lays out one page, from byte `begin` of the text. `style` is in pixels, and
/// `fonts` have its size.
PageLayout lay_out_page(
    std::string_view text,
    size_t begin,
    const PageStyle& style,
    FontSet& fonts);

} // namespace microfiche::rendering
