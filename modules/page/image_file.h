#pragma once

#include "page/page_image.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace microfiche::page {

// Note [Image files]
// This header belongs to the library microfiche::image_file. Only that library
// links OpenCV's codecs, which bring 139 shared objects (GDAL, Poppler, libcurl
// ...) into a process. Code that only handles pixels links microfiche::page and
// starts without them.

/// Number of pages in an image file: more than one only in a TIFF. Throws
/// `InputError` as `read_page` does for its first page.
int64_t count_pages(const std::filesystem::path& path);

/// As above, from the bytes of a file. Messages start with `where`.
int64_t count_pages(std::span<const std::byte> bytes, const std::string& where);

/// Reads a page of a PNG, JPEG, WebP or TIFF file as the reference does with
/// Pillow: it applies the orientation in EXIF or XMP, then makes RGB (grey is
/// repeated, a palette looked up, alpha dropped). Of 16 bits it keeps the upper
/// 8, where Pillow would turn grey pages white. `page` counts from 1.
///
/// Warns about a page that turns black because its alpha is dropped.
///
/// Throws `InputError` when the file is missing, has another format, is
/// truncated or damaged, does not have the page, or states more than
/// `kMaxPixels` pixels in its header, before anything is decoded. It also
/// refuses files that would come out different from Pillow: a JPEG in CMYK, a
/// TIFF with alpha or with samples of more than 16 bits, an animated WebP.
LoadedPage read_page(const std::filesystem::path& path, int64_t page);

/// As `read_page`, from the bytes of a file. Messages start with `where`.
LoadedPage decode_page(
    std::span<const std::byte> bytes,
    const std::string& where,
    int64_t page);

/// Reads the only page of an image file as `read_page` does, and prints its
/// warnings. Throws `InputError` for a file of several pages.
PageImage read_image(const std::filesystem::path& path);

/// As `read_image`, from the bytes of a file. Messages start with `where`.
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
