#include "core/error.h"
#include "page/format_headers.h"
#include "page/orientation.h"

#include <string_view>

namespace microfiche::page {
namespace {

bool is_start_of_frame(uint64_t marker) {
  return 0xC0 <= marker && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
      marker != 0xCC;
}

/// Whether a marker has no segment after it.
bool has_no_segment(uint64_t marker) {
  return marker == 0x01 || (0xD0 <= marker && marker <= 0xD7);
}

/// Refuses a file with too few bytes for the blocks of its frame: the decoder
/// would fill the rest with grey. A block of 8 x 8 pixels takes at least one
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

/// Reads the sides of a frame, whose segment begins at `at`.
void read_frame(const ImageBytes& bytes, uint64_t at, ImageHeader& header) {
  check(
      header.width == 0 && header.height == 0,
      bytes.where(),
      ": damaged JPEG, it has two frames");
  header.height = static_cast<int64_t>(bytes.big_endian(at + 5, 2));
  header.width = static_cast<int64_t>(bytes.big_endian(at + 7, 2));
  check_jpeg_size(bytes, header, bytes.big_endian(at + 1, 1));
  constexpr uint64_t kCmykComponents = 4;
  check(
      bytes.big_endian(at + 9, 1) != kCmykComponents,
      bytes.where(),
      ": JPEG in CMYK, whose colours depend on a profile; convert it to RGB");
}

/// Reads the orientation from the data of an APP1 segment. Of several EXIF
/// segments the first counts, of several XMP segments the last.
void read_app1(const ImageBytes& data, Orientation& orientation) {
  using namespace std::string_view_literals;
  constexpr auto kXmp = "http://ns.adobe.com/xap/1.0/\0"sv;
  if (data.has(0, "Exif\0\0"sv) && !orientation.exif) {
    orientation.exif = orientation_in_exif(data);
  } else if (data.has(0, kXmp)) {
    orientation.xmp = orientation_in_xmp(data.text().substr(kXmp.size()));
  }
}

/// A progressive JPEG has about ten.
constexpr int kMaxScans = 64;

} // namespace

ImageHeader read_jpeg_header(const ImageBytes& bytes) {
  constexpr uint64_t kStartOfScan = 0xDA;
  constexpr uint64_t kEndOfImage = 0xD9;
  constexpr uint64_t kApp1 = 0xE1;
  ImageHeader header{ImageFormat::kJpeg};
  Orientation orientation;
  uint64_t at = 2;
  int num_scans = 0;
  while (true) {
    // The compressed data of a scan lies between segments; in it, a byte FF is
    // followed by 00.
    const bool marker_here = bytes.big_endian(at, 1) == 0xFF;
    const uint64_t marker = marker_here ? bytes.big_endian(at + 1, 1) : 0;
    if (!marker_here || marker == 0x00) {
      check(
          num_scans > 0,
          bytes.where(),
          ": damaged JPEG, no marker at byte ",
          at);
      at += marker_here ? 2 : 1;
    } else if (marker == 0xFF) {
      at += 1;
    } else if (has_no_segment(marker)) {
      at += 2;
    } else if (marker == kEndOfImage) {
      check(num_scans > 0, bytes.where(), ": JPEG without an image");
      header.orientation = orientation.value();
      return header;
    } else {
      const uint64_t length = bytes.big_endian(at + 2, 2);
      bytes.require(at + 2, length);
      if (is_start_of_frame(marker)) {
        read_frame(bytes, at, header);
      } else if (marker == kApp1 && num_scans == 0 && length >= 2) {
        // Pillow reads no metadata after the first scan.
        read_app1(bytes.part(at + 4, length - 2), orientation);
      }
      num_scans += marker == kStartOfScan ? 1 : 0;
      check(
          num_scans <= kMaxScans,
          bytes.where(),
          ": JPEG of more than ",
          kMaxScans,
          " scans; the decoder reads all pixels for each of them");
      at += 2 + length;
    }
  }
}

} // namespace microfiche::page
