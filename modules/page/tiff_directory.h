#pragma once

#include "page/image_bytes.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace microfiche::page {

/// Whether a file begins as TIFF and EXIF do.
bool is_tiff(const ImageBytes& bytes);

/// An image file directory, the list of tags of TIFF 6.0 and of EXIF.
class TiffDirectory {
 public:
  static constexpr uint64_t kSubfileType = 254;
  static constexpr uint64_t kWidth = 256;
  static constexpr uint64_t kHeight = 257;
  static constexpr uint64_t kBitsPerSample = 258;
  static constexpr uint64_t kStripOffsets = 273;
  static constexpr uint64_t kOrientation = 274;
  static constexpr uint64_t kStripSizes = 279;
  static constexpr uint64_t kTileWidth = 322;
  static constexpr uint64_t kTileHeight = 323;
  static constexpr uint64_t kTileOffsets = 324;
  static constexpr uint64_t kTileSizes = 325;
  static constexpr uint64_t kExtraSamples = 338;
  static constexpr uint64_t kSampleFormat = 339;
  static constexpr uint64_t kXmp = 700;

  /// The first directory of the file.
  explicit TiffDirectory(ImageBytes bytes);

  /// The directory at byte `begin`.
  TiffDirectory(ImageBytes bytes, uint64_t begin);

  /// The byte at which the directory begins.
  uint64_t begin() const {
    return begin_;
  }

  /// The byte at which the next directory begins; 0 after the last one.
  uint64_t next() const;

  /// How many values a tag has; 0 when it is absent or holds no whole numbers.
  uint64_t count(uint64_t tag) const;

  /// Value `index` of a tag, below `count(tag)`.
  uint64_t value(uint64_t tag, uint64_t index) const;

  /// The bytes of a tag that holds bytes; empty when it is absent.
  std::string_view bytes(uint64_t tag) const;

  /// The byte at which the entry of a tag begins: its number, type, count and
  /// value.
  std::optional<uint64_t> find(uint64_t tag) const;

  bool big_endian() const {
    return big_endian_;
  }

 private:
  uint64_t number(uint64_t at, uint64_t size) const;
  uint64_t size_of_type(uint64_t entry) const;

  ImageBytes bytes_;
  bool big_endian_;
  uint64_t begin_ = 0;
  uint64_t num_entries_ = 0;
};

} // namespace microfiche::page
