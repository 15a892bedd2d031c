#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace microfiche::page {

enum class ImageFormat { kPng, kJpeg, kWebp, kTiff };

/// What a file's header says about the image inside.
struct ImageHeader {
  ImageFormat format = ImageFormat::kPng;

  /// Sides as stored, before the orientation is applied.
  int64_t width = 0;
  int64_t height = 0;

  /// EXIF orientation, 1 to 8; 1 is upright (TIFF 6.0, tag 274).
  int orientation = 1;
};

/// Reads an image file's header without decoding any pixel.
///
/// Formats are told by their first bytes and nothing else, so that no codec but
/// the four ever sees a file. Throws `InputError`, which `where` starts, for
/// any other file, for a header that contradicts itself, for a file that ends
/// before its image does, and for images of no pixel or more than `kMaxPixels`.
ImageHeader read_image_header(
    std::span<const std::byte> bytes,
    const std::string& where);

} // namespace microfiche::page
