#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace microfiche::page {

enum class ImageFormat { kPng, kJpeg, kWebp, kTiff };

/// What the header of an image file states about one of its pages.
struct ImageHeader {
  ImageFormat format = ImageFormat::kPng;

  /// Pages in the file: more than one only in a TIFF.
  int64_t num_pages = 1;

  /// Sides as stored, before the orientation is applied.
  int64_t width = 0;
  int64_t height = 0;

  /// Orientation in EXIF or, without it, in XMP: 1 to 8; 1 is upright (TIFF
  /// 6.0, tag 274).
  int orientation = 1;

  /// Whether pixels can be transparent.
  bool has_alpha = false;
};

/// The format that a file's first bytes state; nothing for any other file.
std::optional<ImageFormat> find_image_format(std::span<const std::byte> bytes);

/// Reads the header of an image file and decodes no pixel. `page` counts from
/// 1.
///
/// The first bytes alone decide the format, so no other codec than the four
/// ever sees a file. Throws `InputError`, whose message starts with `where`,
/// for any other file, for a header that contradicts itself, for a file that
/// ends inside its image, for a page that it does not have, and for images
/// without pixels or with more than `kMaxPixels`.
ImageHeader read_image_header(
    std::span<const std::byte> bytes,
    const std::string& where,
    int64_t page = 1);

} // namespace microfiche::page
