#pragma once

#include "core/json.h"
#include "document/grounding.h"
#include "page/page_image.h"

#include <filesystem>
#include <string>

namespace microfiche::reading {

/// Writes what was read from a page into a folder: NAME.md; where the text says
/// so, the figures that it shows as NAME-figure-K.png and NAME-boxes.png, the
/// page with all boxes drawn; and last NAME.json, which says that the page is
/// done: `circumstances` with the raw "text", its "blocks" in pixels, the
/// "figures" by file name, and "broken_markup", pieces that begin as markup and
/// are none.
///
/// Without an image (`page` has no pixel) there are no pictures; the sides of
/// the page that was read are still `width_px` and `height_px`.
void write_page_result(
    const std::filesystem::path& folder,
    const std::string& name,
    const std::string& text,
    const page::PageImage& page,
    int64_t width_px,
    int64_t height_px,
    Json circumstances);

} // namespace microfiche::reading
