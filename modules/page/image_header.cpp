#include "page/image_header.h"

#include "core/error.h"
#include "page/image_bytes.h"
#include "page/page_image.h"
#include "page/tiff_directory.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace microfiche::page {
namespace {

int orientation_of(const TiffDirectory& directory) {
  if (directory.count(TiffDirectory::kOrientation) == 0) {
    return 1;
  }
  const uint64_t value = directory.value(TiffDirectory::kOrientation, 0);
  return 1 <= value && value <= 8 ? static_cast<int>(value) : 1;
}

/// The orientation in a block of EXIF. Cameras write broken ones; an image is
/// not refused for that.
int orientation_of_exif(const ImageBytes& exif) {
  if (!is_tiff(exif)) {
    return 1;
  }
  try {
    return orientation_of(TiffDirectory(exif));
  } catch (const InputError&) {
    return 1;
  }
}

/// Refuses a PNG with far more compressed bytes than its pixels can take:
/// behind them a few could hide gigabytes, which the decoder would go through.
void check_png_size(
    const ImageBytes& bytes,
    const ImageHeader& header,
    uint64_t compressed) {
  constexpr uint64_t kMostBytesOfPixel = 8;
  constexpr uint64_t kMargin = 1 << 16;
  if (header.width > kMaxPixels || header.height > kMaxPixels) {
    return; // Refused for that.
  }
  const auto pixels = static_cast<uint64_t>(header.width * header.height);
  check(
      compressed / 2 <= pixels * kMostBytesOfPixel + kMargin,
      bytes.where(),
      ": damaged PNG, ",
      compressed,
      " bytes are more than ",
      header.width,
      " x ",
      header.height,
      " pixels take");
}

ImageHeader read_png(const ImageBytes& bytes) {
  constexpr uint64_t kSignature = 8;
  check(
      bytes.has(kSignature + 4, "IHDR"),
      bytes.where(),
      ": PNG without an IHDR chunk at its start");
  ImageHeader header{ImageFormat::kPng};
  header.width = static_cast<int64_t>(bytes.big(kSignature + 8, 4));
  header.height = static_cast<int64_t>(bytes.big(kSignature + 12, 4));
  uint64_t compressed = 0;
  // A chunk is its length, name, data and checksum.
  for (uint64_t at = kSignature; !bytes.has(at + 4, "IEND");) {
    const uint64_t length = bytes.big(at, 4);
    bytes.require(at, length + 12);
    compressed += bytes.has(at + 4, "IDAT") ? length : 0;
    if (bytes.has(at + 4, "eXIf")) {
      header.orientation = orientation_of_exif(bytes.part(at + 8, length));
    }
    at += length + 12;
  }
  check_png_size(bytes, header, compressed);
  return header;
}

bool is_start_of_frame(uint64_t marker) {
  return 0xC0 <= marker && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
      marker != 0xCC;
}

/// Whether a marker of JPEG stands for itself, without a segment behind it.
bool stands_alone(uint64_t marker) {
  return marker == 0x01 || (0xD0 <= marker && marker <= 0xD7);
}

/// Refuses a frame for whose blocks the file has too few bytes: the decoder
/// would make grey of what is missing. A block of 8 x 8 pixels takes at least a
/// bit in a Huffman code; arithmetic codes, from 0xC9 on, may take less.
void check_jpeg_size(
    const ImageBytes& bytes,
    const ImageHeader& header,
    uint64_t marker) {
  const int64_t blocks = (header.width + 7) / 8 * ((header.height + 7) / 8);
  check(
      marker >= 0xC9 || bytes.size() >= static_cast<uint64_t>(blocks) / 8,
      bytes.where(),
      ": damaged JPEG, ",
      bytes.size(),
      " bytes cannot hold ",
      header.width,
      " x ",
      header.height,
      " pixels");
}

/// A progressive JPEG has about ten.
constexpr int kMostScans = 64;

ImageHeader read_jpeg(const ImageBytes& bytes) {
  using namespace std::string_view_literals;
  constexpr uint64_t kStartOfScan = 0xDA;
  constexpr uint64_t kEndOfImage = 0xD9;
  constexpr uint64_t kApp1 = 0xE1;
  ImageHeader header{ImageFormat::kJpeg};
  uint64_t at = 2;
  int num_scans = 0;
  while (true) {
    // The compressed data of a scan lies between segments; in it, a byte FF is
    // followed by 00.
    const bool marker_here = bytes.big(at, 1) == 0xFF;
    const uint64_t marker = marker_here ? bytes.big(at + 1, 1) : 0;
    if (!marker_here || marker == 0x00) {
      check(
          num_scans > 0,
          bytes.where(),
          ": damaged JPEG, no marker at byte ",
          at);
      at += marker_here ? 2 : 1;
    } else if (marker == 0xFF) {
      at += 1;
    } else if (stands_alone(marker)) {
      at += 2;
    } else if (marker == kEndOfImage) {
      check(
          num_scans > 0,
          bytes.where(),
          ": JPEG that ends before its image begins");
      return header;
    } else {
      const uint64_t length = bytes.big(at + 2, 2);
      bytes.require(at + 2, length);
      if (is_start_of_frame(marker)) {
        check(
            header.width == 0 && header.height == 0,
            bytes.where(),
            ": damaged JPEG, it has two frames");
        header.height = static_cast<int64_t>(bytes.big(at + 5, 2));
        header.width = static_cast<int64_t>(bytes.big(at + 7, 2));
        check_jpeg_size(bytes, header, marker);
        check(
            bytes.big(at + 9, 1) != 4,
            bytes.where(),
            ": JPEG in CMYK, whose colours depend on a profile; convert it to "
            "RGB");
      } else if (
          marker == kApp1 && length >= 8 && bytes.has(at + 4, "Exif\0\0"sv)) {
        header.orientation =
            orientation_of_exif(bytes.part(at + 10, length - 8));
      }
      num_scans += marker == kStartOfScan ? 1 : 0;
      check(
          num_scans <= kMostScans,
          bytes.where(),
          ": JPEG of more than ",
          kMostScans,
          " scans, each of which the decoder would go over all pixels for");
      at += 2 + length;
    }
  }
}

ImageHeader read_webp(const ImageBytes& bytes) {
  bytes.require(8, bytes.little(4, 4));
  ImageHeader header{ImageFormat::kWebp};
  const uint64_t end = bytes.little(4, 4) + 8;
  const auto side = [&](uint64_t value) { return static_cast<int64_t>(value); };
  // A chunk is its name, length and data, padded to an even length.
  for (uint64_t at = 12; at + 8 <= end;) {
    const uint64_t length = bytes.little(at + 4, 4);
    const uint64_t data = at + 8;
    bytes.require(data, length);
    if (bytes.has(at, "VP8X")) {
      constexpr uint64_t kAnimated = 2;
      check(
          (bytes.little(data, 1) & kAnimated) == 0,
          bytes.where(),
          ": animated WebP; expected a single picture");
      header.width = side(bytes.little(data + 4, 3) + 1);
      header.height = side(bytes.little(data + 7, 3) + 1);
    } else if (bytes.has(at, "VP8L") && header.width == 0) {
      const uint64_t sides = bytes.little(data + 1, 4);
      header.width = side((sides & 0x3FFF) + 1);
      header.height = side((sides >> 14 & 0x3FFF) + 1);
    } else if (bytes.has(at, "VP8 ") && header.width == 0) {
      header.width = side(bytes.little(data + 6, 2) & 0x3FFF);
      header.height = side(bytes.little(data + 8, 2) & 0x3FFF);
    } else if (bytes.has(at, "EXIF")) {
      const auto exif = bytes.part(data, length);
      header.orientation = orientation_of_exif(
          exif.has(0, "Exif") && length >= 6 ? exif.part(6, length - 6) : exif);
    }
    at = data + length + length % 2;
  }
  return header;
}

/// Refuses tiles far larger than the image: the decoder would make room for
/// one of them.
void check_tile(
    const TiffDirectory& directory,
    const ImageHeader& header,
    const std::string& where) {
  constexpr uint64_t kUsualTile = 2048 * 2048;
  if (directory.count(TiffDirectory::kTileWidth) == 0 ||
      directory.count(TiffDirectory::kTileHeight) == 0) {
    return;
  }
  const uint64_t width = directory.value(TiffDirectory::kTileWidth, 0);
  const uint64_t height = directory.value(TiffDirectory::kTileHeight, 0);
  const uint64_t pixels = static_cast<uint64_t>(header.width) *
      static_cast<uint64_t>(header.height);
  check(
      width * height <= std::max(pixels, kUsualTile),
      where,
      ": TIFF of ",
      header.width,
      " x ",
      header.height,
      " pixels in tiles of ",
      width,
      " x ",
      height);
}

ImageHeader read_tiff(const ImageBytes& bytes) {
  const TiffDirectory directory(bytes);
  check(
      directory.count(TiffDirectory::kWidth) > 0 &&
          directory.count(TiffDirectory::kHeight) > 0,
      bytes.where(),
      ": TIFF that does not give its width and height");
  check(
      directory.count(TiffDirectory::kExtraSamples) == 0,
      bytes.where(),
      ": TIFF with an alpha channel, which this build cannot drop; save it "
      "without, or as PNG");
  ImageHeader header{ImageFormat::kTiff};
  header.width =
      static_cast<int64_t>(directory.value(TiffDirectory::kWidth, 0));
  header.height =
      static_cast<int64_t>(directory.value(TiffDirectory::kHeight, 0));
  check_tile(directory, header, bytes.where());
  header.orientation = orientation_of(directory);
  using Parts = std::pair<uint64_t, uint64_t>;
  for (const auto& [offsets, sizes] :
       {Parts{TiffDirectory::kStripOffsets, TiffDirectory::kStripSizes},
        Parts{TiffDirectory::kTileOffsets, TiffDirectory::kTileSizes}}) {
    const uint64_t count =
        std::min(directory.count(offsets), directory.count(sizes));
    for (uint64_t i = 0; i < count; ++i) {
      bytes.require(directory.value(offsets, i), directory.value(sizes, i));
    }
  }
  return header;
}

ImageHeader read_by_format(const ImageBytes& bytes) {
  using namespace std::string_view_literals;
  if (bytes.has(0, "\x89PNG\r\n\x1A\n"sv)) {
    return read_png(bytes);
  }
  if (bytes.has(0, "\xFF\xD8\xFF"sv)) {
    return read_jpeg(bytes);
  }
  if (bytes.has(0, "RIFF") && bytes.has(8, "WEBP")) {
    return read_webp(bytes);
  }
  if (is_tiff(bytes)) {
    return read_tiff(bytes);
  }
  throw InputError(concat(
      bytes.where(),
      bytes.size() == 0 ? ": empty file" : ": not an image that can be read",
      "; expected a PNG, JPEG, WebP or TIFF"));
}

} // namespace

ImageHeader read_image_header(
    std::span<const std::byte> bytes,
    const std::string& where) {
  const auto header = read_by_format(ImageBytes(bytes, where));
  check(
      header.width >= 1 && header.height >= 1,
      where,
      ": image of ",
      header.width,
      " x ",
      header.height,
      " pixels; expected at least one");
  check(
      header.width <= kMaxPixels / header.height,
      where,
      ": ",
      header.width,
      " x ",
      header.height,
      " pixels are more than the limit of ",
      kMaxPixels);
  return header;
}

} // namespace microfiche::page
