#pragma once

// Only for the sources of this module.

#include "page/image_bytes.h"
#include "page/tiff_directory.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::page {

/// The directories of a TIFF's pages, in order. Previews (reduced images) and
/// masks are no pages, except that the first directory always is one.
///
/// Throws `InputError` for a chain of directories that leaves the file, runs in
/// a circle or has more than 10000 entries.
std::vector<TiffDirectory> tiff_pages(const ImageBytes& bytes);

/// A copy of a TIFF for a decoder that reads only the first directory: `page`
/// comes first, and its orientation is upright, so that the decoder leaves the
/// pixels as they are stored.
std::string with_first_page(const ImageBytes& bytes, const TiffDirectory& page);

} // namespace microfiche::page
