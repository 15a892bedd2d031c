#pragma once

#include "page/page_image.h"

#include <filesystem>
#include <span>
#include <string>

namespace microfiche::page {

// Note [Image files]
// This header belongs to microfiche::image_file, a library of its own: it is
// the only one that links OpenCV's codecs, which bring 139 shared objects
// (GDAL, Poppler, libcurl ...) into a process. What only handles pixels links
// microfiche::page and starts without them.

/// Reads a PNG, JPEG, WebP or TIFF as the reference does with Pillow: the EXIF
/// orientation is applied, then RGB is made (grey is repeated, a palette looked
/// up, alpha dropped). Of 16 bits the upper 8 are kept, where Pillow would turn
/// grey pages white.
///
/// Throws `InputError` when the file is missing, of another kind, truncated or
/// damaged, has more than `kMaxPixels` pixels, which its header says before
/// anything is decoded, or is one of the few that would come out otherwise than
/// with Pillow: a JPEG in CMYK, a TIFF with alpha, an animated WebP.
PageImage read_image(const std::filesystem::path& path);

/// As `read_image`, from the bytes of a file; `where` starts every message.
PageImage decode_image(
    std::span<const std::byte> bytes,
    const std::string& where);

/// The bytes of a PNG file of the page; the same bytes for the same page.
std::string encode_png(const PageImage& image);

/// The bytes of a JPEG file of the page; `quality` in [1, 100].
std::string encode_jpeg(const PageImage& image, int64_t quality);

/// Writes a PNG atomically, see `write_file`.
void write_png(const std::filesystem::path& path, const PageImage& image);

} // namespace microfiche::page
