#pragma once

#include "core/json.h"
#include "page/page_image.h"

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::reading {

/// What was read from a page.
struct PageResult {
  /// File name without an ending.
  std::string name;
  std::string text;

  /// The page; without pixels for saved vision tokens.
  page::PageImage image;

  /// Sides of the page that was read, in pixels.
  int64_t width_px = 0;
  int64_t height_px = 0;

  /// Why the text or the page may be incomplete.
  std::vector<std::string> warnings;
};

/// Writes a result into a folder: NAME.json; NAME.md; each figure that the text
/// locates as NAME-figure-K.png; and NAME-boxes.png, the page with its boxes.
/// The last two need an image.
///
/// NAME.json holds `details` and the raw "text", its "blocks" in pixels, the
/// "figures" by file name, "broken_markup" (pieces that begin as markup but are
/// none), "warnings" and all "files" of the result. It is written first; see
/// Note [Results beside inputs].
///
/// A page that is too large to draw on gets no NAME-boxes.png, but a warning.
/// Prints the warnings, which start with `where`.
void write_page_result(
    const std::filesystem::path& folder,
    PageResult result,
    Json details,
    const std::string& where);

} // namespace microfiche::reading
