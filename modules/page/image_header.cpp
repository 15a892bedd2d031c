#include "page/image_header.h"

#include "core/error.h"
#include "page/page_image.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace microfiche::page {
namespace {

/// A file's bytes, read with every access checked.
class Bytes {
 public:
  Bytes(std::span<const std::byte> bytes, const std::string& where)
      : bytes_(bytes), where_(&where) {}

  uint64_t size() const {
    return bytes_.size();
  }

  uint64_t little(uint64_t at, uint64_t count) const {
    require(at, count);
    uint64_t value = 0;
    for (uint64_t i = count; i-- > 0;) {
      value = value << 8 | std::to_integer<uint64_t>(bytes_[at + i]);
    }
    return value;
  }

  uint64_t big(uint64_t at, uint64_t count) const {
    require(at, count);
    uint64_t value = 0;
    for (uint64_t i = 0; i < count; ++i) {
      value = value << 8 | std::to_integer<uint64_t>(bytes_[at + i]);
    }
    return value;
  }

  bool has(uint64_t at, std::string_view text) const {
    return at <= size() && text.size() <= size() - at &&
        std::equal(text.begin(), text.end(), bytes_.begin() + at, is_byte);
  }

  Bytes part(uint64_t at, uint64_t count) const {
    require(at, count);
    return Bytes(bytes_.subspan(at, count), *where_);
  }

  void require(uint64_t at, uint64_t count) const {
    check(
        at <= size() && count <= size() - at,
        *where_,
        ": ends at byte ",
        size(),
        " inside its image; incomplete download?");
  }

  const std::string& where() const {
    return *where_;
  }

 private:
  static bool is_byte(char character, std::byte byte) {
    return static_cast<std::byte>(character) == byte;
  }

  std::span<const std::byte> bytes_;
  const std::string* where_;
};

/// An image file directory, the list of tags of TIFF 6.0 and of EXIF.
class TiffDirectory {
 public:
  static constexpr uint64_t kWidth = 256;
  static constexpr uint64_t kHeight = 257;
  static constexpr uint64_t kStripOffsets = 273;
  static constexpr uint64_t kOrientation = 274;
  static constexpr uint64_t kStripSizes = 279;
  static constexpr uint64_t kTileOffsets = 324;
  static constexpr uint64_t kTileSizes = 325;
  static constexpr uint64_t kExtraSamples = 338;

  explicit TiffDirectory(Bytes bytes)
      : bytes_(bytes), big_endian_(bytes.has(0, "MM")) {
    begin_ = number(4, 4);
    num_entries_ = number(begin_, 2);
    bytes_.require(begin_ + 2, num_entries_ * 12);
  }

  /// How many values a tag has; 0 when it is absent or holds no whole numbers.
  uint64_t count(uint64_t tag) const {
    const auto at = find(tag);
    return at && size_of_type(*at) > 0 ? number(*at + 4, 4) : 0;
  }

  /// Value `index` of a tag that has more values than that.
  uint64_t value(uint64_t tag, uint64_t index) const {
    const uint64_t at = *find(tag);
    const uint64_t size = size_of_type(at);
    const bool fits_entry = number(at + 4, 4) * size <= 4;
    const uint64_t values = fits_entry ? at + 8 : number(at + 8, 4);
    return number(values + index * size, size);
  }

 private:
  static constexpr uint64_t kShort = 3;
  static constexpr uint64_t kLong = 4;

  uint64_t number(uint64_t at, uint64_t size) const {
    return big_endian_ ? bytes_.big(at, size) : bytes_.little(at, size);
  }

  uint64_t size_of_type(uint64_t entry) const {
    const uint64_t type = number(entry + 2, 2);
    return type == kShort ? 2 : type == kLong ? 4 : 0;
  }

  std::optional<uint64_t> find(uint64_t tag) const {
    for (uint64_t i = 0; i < num_entries_; ++i) {
      const uint64_t entry = begin_ + 2 + i * 12;
      if (number(entry, 2) == tag) {
        return entry;
      }
    }
    return std::nullopt;
  }

  Bytes bytes_;
  bool big_endian_;
  uint64_t begin_ = 0;
  uint64_t num_entries_ = 0;
};

bool is_tiff(const Bytes& bytes) {
  using namespace std::string_view_literals;
  return bytes.has(0, "II*\0"sv) || bytes.has(0, "MM\0*"sv);
}

int orientation_of(const TiffDirectory& directory) {
  if (directory.count(TiffDirectory::kOrientation) == 0) {
    return 1;
  }
  const uint64_t value = directory.value(TiffDirectory::kOrientation, 0);
  return 1 <= value && value <= 8 ? static_cast<int>(value) : 1;
}

/// The orientation in a block of EXIF. Cameras write broken ones; an image is
/// not refused for that.
int orientation_of_exif(const Bytes& exif) {
  if (!is_tiff(exif)) {
    return 1;
  }
  try {
    return orientation_of(TiffDirectory(exif));
  } catch (const InputError&) {
    return 1;
  }
}

ImageHeader read_png(const Bytes& bytes) {
  constexpr uint64_t kSignature = 8;
  check(
      bytes.has(kSignature + 4, "IHDR"),
      bytes.where(),
      ": PNG without an IHDR chunk at its start");
  ImageHeader header{ImageFormat::kPng};
  header.width = static_cast<int64_t>(bytes.big(kSignature + 8, 4));
  header.height = static_cast<int64_t>(bytes.big(kSignature + 12, 4));
  // A chunk is its length, name, data and checksum.
  for (uint64_t at = kSignature; !bytes.has(at + 4, "IEND");) {
    const uint64_t length = bytes.big(at, 4);
    bytes.require(at, length + 12);
    if (bytes.has(at + 4, "eXIf")) {
      header.orientation = orientation_of_exif(bytes.part(at + 8, length));
    }
    at += length + 12;
  }
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

ImageHeader read_jpeg(const Bytes& bytes) {
  using namespace std::string_view_literals;
  constexpr uint64_t kStartOfScan = 0xDA;
  constexpr uint64_t kEndOfImage = 0xD9;
  constexpr uint64_t kApp1 = 0xE1;
  ImageHeader header{ImageFormat::kJpeg};
  uint64_t at = 2;
  bool in_scan = false;
  while (true) {
    // The compressed data of a scan lies between segments; in it, a byte FF is
    // followed by 00.
    const bool marker_here = bytes.big(at, 1) == 0xFF;
    const uint64_t marker = marker_here ? bytes.big(at + 1, 1) : 0;
    if (!marker_here || marker == 0x00) {
      check(in_scan, bytes.where(), ": damaged JPEG, no marker at byte ", at);
      at += marker_here ? 2 : 1;
    } else if (marker == 0xFF) {
      at += 1;
    } else if (stands_alone(marker)) {
      at += 2;
    } else if (marker == kEndOfImage) {
      check(in_scan, bytes.where(), ": JPEG that ends before its image begins");
      return header;
    } else {
      const uint64_t length = bytes.big(at + 2, 2);
      bytes.require(at + 2, length);
      if (is_start_of_frame(marker)) {
        header.height = static_cast<int64_t>(bytes.big(at + 5, 2));
        header.width = static_cast<int64_t>(bytes.big(at + 7, 2));
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
      in_scan = in_scan || marker == kStartOfScan;
      at += 2 + length;
    }
  }
}

ImageHeader read_webp(const Bytes& bytes) {
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

ImageHeader read_tiff(const Bytes& bytes) {
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

ImageHeader read_by_format(const Bytes& bytes) {
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
  const auto header = read_by_format(Bytes(bytes, where));
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
