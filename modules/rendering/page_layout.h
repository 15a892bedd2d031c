#pragma once

// Only for the sources of this module: it shows Pango's types.

#include "rendering/text_layout.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

/// One page as it is set, before it is drawn.
struct PageLayout {
  struct Line {
    /// Bytes of the text, with the white space that ends the line; none for a
    /// blank line.
    size_t begin = 0;
    size_t end = 0;
  };

  /// The page's visual lines, through all columns. Blank lines stand neither
  /// first nor last.
  std::vector<Line> lines;
  PlacedGlyphs placed;

  /// Where the next page begins.
  size_t next = 0;
};

/// Height of a line, in pixels: the distance of two baselines, or its glyphs
/// where they are higher.
double line_extent(const PageStyle& style, const FontSet::Metrics& metrics);

/// Sets one page from byte `begin` of the text on. `style` is in pixels, and
/// `fonts` have its size.
PageLayout lay_out_page(
    std::string_view text,
    size_t begin,
    const PageStyle& style,
    FontSet& fonts);

} // namespace microfiche::rendering
