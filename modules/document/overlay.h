#pragma once

#include "document/grounding.h"
#include "page/page_image.h"

#include <string_view>
#include <vector>

namespace microfiche::document {

/// Cuts the figures out of a page, in the order of `find_figures`. A box is cut
/// at the edges of the page; a box outside gives an image without pixels.
/// `page` has the sides that `parse_grounding` received.
std::vector<page::PageImage> cut_figures(
    const page::PageImage& page,
    const GroundedText& text);

/// The colour of boxes with this label. Each label in Note [Grounded text] has
/// its own; any other gets one of five by its bytes. All are dark enough for
/// white letters.
page::Colour label_colour(std::string_view label);

/// Draws every box that is not empty: a frame and a thin fill in the colour of
/// its label, and the label in white on that colour above the upper left
/// corner, or inside the box at the top of the page. Lines and letters grow
/// with the page.
///
/// Throws `InputError` for a page with a side of more than 32767 pixels, which
/// Cairo does not draw on.
page::PageImage draw_overlay(
    const page::PageImage& page,
    const std::vector<Block>& blocks);

} // namespace microfiche::document
