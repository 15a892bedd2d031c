#pragma once

#include "document/grounding.h"
#include "page/page_image.h"

#include <string_view>
#include <vector>

namespace microfiche::document {

/// The figures of a page as images of their own, in the order of
/// `find_figures`. A box is cut at the edges of the page; one that lies outside
/// gives an image of no pixel. `page` must be the page whose sides
/// `parse_grounding` was given.
std::vector<page::PageImage> cut_figures(
    const page::PageImage& page,
    const GroundedText& text);

/// The colour in which boxes with this label are drawn: its own for each of the
/// labels that Note [Grounded text] lists, one of a few by its bytes for any
/// other. All are dark enough for white letters.
page::Colour label_colour(std::string_view label);

/// The page with every box that is not empty: its frame and a veil in the
/// colour of its label, and the label in white on that colour above its upper
/// left corner, or inside where there is no room above. Lines and letters grow
/// with the page.
///
/// Throws `InputError` for a page with a side of more than 32767 pixels, which
/// Cairo does not draw on.
page::PageImage draw_overlay(
    const page::PageImage& page,
    const std::vector<Block>& blocks);

} // namespace microfiche::document
