#include "core/error.h"
#include "page/format_headers.h"
#include "page/orientation.h"

namespace microfiche::page {

ImageHeader read_webp_header(const ImageBytes& bytes) {
  bytes.require(8, bytes.little_endian(4, 4));
  ImageHeader header{ImageFormat::kWebp};
  Orientation orientation;
  const uint64_t end = bytes.little_endian(4, 4) + 8;
  const auto side = [&](uint64_t value) { return static_cast<int64_t>(value); };
  // A chunk is its name, length and data, padded to an even length.
  for (uint64_t at = 12; at + 8 <= end;) {
    const uint64_t length = bytes.little_endian(at + 4, 4);
    const uint64_t data = at + 8;
    bytes.require(data, length);
    if (bytes.has(at, "VP8X")) {
      constexpr uint64_t kAnimated = 0x02;
      constexpr uint64_t kAlpha = 0x10;
      const uint64_t flags = bytes.little_endian(data, 1);
      header.has_alpha = (flags & kAlpha) != 0;
      check(
          (flags & kAnimated) == 0,
          bytes.where(),
          ": animated WebP; expected a single image");
      header.width = side(bytes.little_endian(data + 4, 3) + 1);
      header.height = side(bytes.little_endian(data + 7, 3) + 1);
    } else if (bytes.has(at, "VP8L") && header.width == 0) {
      const uint64_t sides = bytes.little_endian(data + 1, 4);
      header.width = side((sides & 0x3FFF) + 1);
      header.height = side((sides >> 14 & 0x3FFF) + 1);
      header.has_alpha = (sides >> 28 & 1) != 0;
    } else if (bytes.has(at, "VP8 ") && header.width == 0) {
      header.width = side(bytes.little_endian(data + 6, 2) & 0x3FFF);
      header.height = side(bytes.little_endian(data + 8, 2) & 0x3FFF);
    } else if (bytes.has(at, "EXIF")) {
      orientation.exif = orientation_in_exif(bytes.part(data, length));
    } else if (bytes.has(at, "XMP ")) {
      orientation.xmp = orientation_in_xmp(bytes.part(data, length).text());
    }
    at = data + length + length % 2;
  }
  header.orientation = orientation.value();
  return header;
}

} // namespace microfiche::page
