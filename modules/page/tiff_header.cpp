#include "core/error.h"
#include "page/format_headers.h"
#include "page/orientation.h"
#include "page/tiff_directory.h"
#include "page/tiff_pages.h"

#include <algorithm>
#include <utility>

namespace microfiche::page {
namespace {

/// Refuses tiles far larger than the image: the decoder would allocate one.
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

/// Refuses samples that the decoder turns into other pixels than Pillow, or
/// into none.
void check_samples(const TiffDirectory& directory, const std::string& where) {
  check(
      directory.count(TiffDirectory::kExtraSamples) == 0,
      where,
      ": TIFF with an alpha channel, which this build cannot drop; save it "
      "without, or as PNG");
  constexpr uint64_t kUnsigned = 1;
  constexpr uint64_t kFloat = 3;
  const uint64_t format = directory.count(TiffDirectory::kSampleFormat) == 0
      ? kUnsigned
      : directory.value(TiffDirectory::kSampleFormat, 0);
  const uint64_t bits = directory.count(TiffDirectory::kBitsPerSample) == 0
      ? 1
      : directory.value(TiffDirectory::kBitsPerSample, 0);
  check(
      format == kUnsigned && bits <= 16,
      where,
      ": TIFF with ",
      format == kUnsigned    ? ""
          : format == kFloat ? "floating-point "
                             : "signed ",
      "samples of ",
      bits,
      " bits; expected unsigned samples of at most 16 bits; save it with 8 or "
      "16 bits, or as PNG");
}

} // namespace

ImageHeader read_tiff_header(const ImageBytes& bytes, int64_t page) {
  const auto pages = tiff_pages(bytes);
  check(
      1 <= page && std::cmp_less_equal(page, pages.size()),
      bytes.where(),
      ": expected a page of 1 to ",
      pages.size(),
      ", got ",
      page);
  const TiffDirectory& directory = pages[static_cast<size_t>(page - 1)];
  check(
      directory.count(TiffDirectory::kWidth) > 0 &&
          directory.count(TiffDirectory::kHeight) > 0,
      bytes.where(),
      ": TIFF that does not give its width and height");
  check_samples(directory, bytes.where());
  ImageHeader header{ImageFormat::kTiff};
  header.num_pages = static_cast<int64_t>(pages.size());
  header.width =
      static_cast<int64_t>(directory.value(TiffDirectory::kWidth, 0));
  header.height =
      static_cast<int64_t>(directory.value(TiffDirectory::kHeight, 0));
  check_tile(directory, header, bytes.where());
  const Orientation orientation = {
      orientation_in_directory(directory),
      orientation_in_xmp(directory.bytes(TiffDirectory::kXmp))};
  header.orientation = orientation.value();
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

} // namespace microfiche::page
