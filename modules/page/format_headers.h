#pragma once

// Only for the sources of this module: one reader per format.

#include "page/image_bytes.h"
#include "page/image_header.h"

namespace microfiche::page {

// Each throws `InputError` for a header that contradicts itself, for a file
// that ends inside its image, and for what the decoder would read differently
// from Pillow. None checks the sides.

ImageHeader read_png_header(const ImageBytes& bytes);
ImageHeader read_jpeg_header(const ImageBytes& bytes);
ImageHeader read_webp_header(const ImageBytes& bytes);

/// `page` counts from 1.
ImageHeader read_tiff_header(const ImageBytes& bytes, int64_t page);

} // namespace microfiche::page
