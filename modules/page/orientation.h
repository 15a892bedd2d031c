#pragma once

#include "page/image_bytes.h"
#include "page/tiff_directory.h"

#include <optional>
#include <string_view>

namespace microfiche::page {

/// Where a file states the orientation of its image, 1 to 8 (TIFF 6.0, tag
/// 274). EXIF wins over XMP, and no statement means upright, as in
/// `ImageOps.exif_transpose` of Pillow.
struct Orientation {
  std::optional<int> exif;
  std::optional<int> xmp;

  /// 1 to 8; a value outside that range counts as 1.
  int value() const;
};

/// The orientation in a TIFF directory.
std::optional<int> orientation_in_directory(const TiffDirectory& directory);

/// The orientation in a block of EXIF, with or without "Exif\0\0" before it.
/// Cameras write broken blocks, so a broken one gives nothing.
std::optional<int> orientation_in_exif(ImageBytes exif);

/// The orientation in an XMP packet.
std::optional<int> orientation_in_xmp(std::string_view xmp);

} // namespace microfiche::page
