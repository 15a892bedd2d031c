#pragma once

#include "document/pdf.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace microfiche::reading {

/// The page that a command's INPUT stands for: an image, page `pdf_page` of a
/// PDF (0: its only one), or a text set on one page.
///
/// A file is a text unless its name is that of an image or its bytes are no
/// UTF-8. The page of a text has the style of `style_file`, or without one the
/// side of the mode's global view and the largest letters with which all of the
/// text fits.
///
/// Throws `InputError` as `read_image` and `PdfFile` do, for a PDF of several
/// pages of which none is named, and for a text that is empty, has
/// nothing to see, or does not fit one page.
page::PageImage load_page(
    const std::filesystem::path& input,
    const page::ResolutionMode& mode,
    const std::string& style_file,
    int64_t pdf_page = 0);

/// Renders a page of a PDF; warns where the file is damaged and the page may
/// lack something. `title` is what messages call the page.
page::PageImage load_pdf_page(
    const document::PdfFile& pdf,
    int64_t page,
    const std::string& title);

/// Whether the name ends as those of the images that we read do.
bool has_image_name(const std::filesystem::path& path);

} // namespace microfiche::reading
