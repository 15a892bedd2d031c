#include "core/error.h"
#include "page/format_headers.h"
#include "page/orientation.h"
#include "page/page_image.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace microfiche::page {
namespace {

/// Refuses a PNG with far more compressed bytes than its pixels can take. A few
/// such bytes could hide gigabytes, and the decoder would read them all.
void check_png_size(
    const ImageBytes& bytes,
    const ImageHeader& header,
    uint64_t compressed) {
  constexpr uint64_t kMaxBytesPerPixel = 8;
  constexpr uint64_t kMargin = 1 << 16;
  if (header.width > kMaxPixels || header.height > kMaxPixels) {
    return; // `read_image_header` refuses it.
  }
  const auto pixels = static_cast<uint64_t>(header.width * header.height);
  check(
      compressed / 2 <= pixels * kMaxBytesPerPixel + kMargin,
      bytes.where(),
      ": damaged PNG, ",
      compressed,
      " bytes are more than ",
      header.width,
      " x ",
      header.height,
      " pixels take");
}

/// Pillow's limit for the text of one chunk.
constexpr size_t kMaxTextBytes = size_t{1} << 20;

/// The decompressed text, or nothing when it is damaged or too long.
std::optional<std::string> inflate_text(std::string_view compressed) {
  // Deflate packs at most 1032 bytes into one.
  constexpr size_t kMaxRatio = 1032;
  const size_t room = std::min(compressed.size(), kMaxTextBytes) * kMaxRatio;
  std::string text(std::min(room, kMaxTextBytes), '\0');
  uLongf size = text.size();
  const int status = uncompress(
      reinterpret_cast<Bytef*>(text.data()),
      &size,
      reinterpret_cast<const Bytef*>(compressed.data()),
      compressed.size());
  if (status != Z_OK) {
    return std::nullopt;
  }
  text.resize(size);
  return text;
}

/// A text chunk: tEXt, zTXt or iTXt.
struct TextChunk {
  std::string_view keyword;
  std::string_view text;
  bool compressed = false;
};

/// The part of `rest` before the next null, which is removed with it.
std::string_view take_string(std::string_view& rest) {
  const size_t end = std::min(rest.find('\0'), rest.size());
  const auto text = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return text;
}

TextChunk parse_text_chunk(std::string_view type, std::string_view data) {
  TextChunk chunk;
  chunk.keyword = take_string(data);
  if (type == "zTXt") {
    chunk.compressed = true;
    data.remove_prefix(std::min<size_t>(1, data.size())); // the method
  } else if (type == "iTXt") {
    chunk.compressed = data.starts_with('\1');
    data.remove_prefix(std::min<size_t>(2, data.size())); // flag and method
    take_string(data); // language
    take_string(data); // translated keyword
  }
  chunk.text = data;
  return chunk;
}

/// The bytes of a "Raw profile type exif" as ImageMagick writes it: a line
/// break, the name, the length, then lines of hexadecimal digits.
std::string parse_raw_profile(std::string_view profile) {
  for (int line = 0; line < 3; ++line) {
    const size_t end = profile.find('\n');
    if (end == std::string_view::npos) {
      return "";
    }
    profile.remove_prefix(end + 1);
  }
  std::string digits(profile);
  std::erase(digits, '\n');
  std::string bytes;
  for (size_t at = 0; at + 2 <= digits.size(); at += 2) {
    unsigned value = 0;
    const char* const end = digits.data() + at + 2;
    const auto [rest, error] =
        std::from_chars(digits.data() + at, end, value, 16);
    if (error != std::errc() || rest != end) {
      return "";
    }
    bytes += static_cast<char>(value);
  }
  return bytes;
}

/// Takes the orientation from a text chunk. An eXIf chunk wins over EXIF in a
/// text chunk.
void read_text_chunk(
    const TextChunk& chunk,
    const std::string& where,
    Orientation& orientation,
    std::optional<int>& exif_in_text) {
  const bool is_xmp = chunk.keyword == "XML:com.adobe.xmp";
  if (!is_xmp && chunk.keyword != "Raw profile type exif") {
    return;
  }
  const auto text = chunk.compressed ? inflate_text(chunk.text)
                                     : std::optional(std::string(chunk.text));
  if (!text || text->empty()) {
    return;
  }
  if (is_xmp) {
    orientation.xmp = orientation_in_xmp(*text);
    return;
  }
  const auto exif = parse_raw_profile(*text);
  exif_in_text =
      orientation_in_exif(ImageBytes(std::as_bytes(std::span(exif)), where));
}

} // namespace

ImageHeader read_png_header(const ImageBytes& bytes) {
  constexpr uint64_t kSignature = 8;
  check(
      bytes.has(kSignature + 4, "IHDR"),
      bytes.where(),
      ": PNG without an IHDR chunk at its start");
  ImageHeader header{ImageFormat::kPng};
  header.width = static_cast<int64_t>(bytes.big_endian(kSignature + 8, 4));
  header.height = static_cast<int64_t>(bytes.big_endian(kSignature + 12, 4));
  constexpr uint64_t kAlphaBit = 4;
  header.has_alpha = (bytes.big_endian(kSignature + 17, 1) & kAlphaBit) != 0;
  uint64_t compressed = 0;
  Orientation orientation;
  std::optional<int> exif_in_text;
  // A chunk is its length, name, data and checksum.
  for (uint64_t at = kSignature; !bytes.has(at + 4, "IEND");) {
    const uint64_t length = bytes.big_endian(at, 4);
    bytes.require(at, length + 12);
    const auto type = bytes.part(at + 4, 4).text();
    const auto data = bytes.part(at + 8, length);
    if (type == "IDAT") {
      compressed += length;
    } else if (type == "acTL") {
      throw InputError(
          concat(bytes.where(), ": animated PNG; expected a single image"));
    } else if (type == "tRNS") {
      header.has_alpha = true;
    } else if (type == "eXIf") {
      orientation.exif = orientation_in_exif(data);
    } else if (type == "tEXt" || type == "zTXt" || type == "iTXt") {
      read_text_chunk(
          parse_text_chunk(type, data.text()),
          bytes.where(),
          orientation,
          exif_in_text);
    }
    at += length + 12;
  }
  check_png_size(bytes, header, compressed);
  orientation.exif = orientation.exif ? orientation.exif : exif_in_text;
  header.orientation = orientation.value();
  return header;
}

} // namespace microfiche::page
