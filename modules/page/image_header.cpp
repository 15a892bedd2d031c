#include "page/image_header.h"

#include "core/error.h"
#include "core/git_lfs.h"
#include "page/format_headers.h"
#include "page/image_bytes.h"
#include "page/page_image.h"
#include "page/tiff_directory.h"

#include <string_view>

namespace microfiche::page {
namespace {

std::optional<ImageFormat> find_format(const ImageBytes& bytes) {
  using namespace std::string_view_literals;
  if (bytes.has(0, "\x89PNG\r\n\x1A\n"sv)) {
    return ImageFormat::kPng;
  }
  if (bytes.has(0, "\xFF\xD8\xFF"sv)) {
    return ImageFormat::kJpeg;
  }
  if (bytes.has(0, "RIFF") && bytes.has(8, "WEBP")) {
    return ImageFormat::kWebp;
  }
  return is_tiff(bytes) ? std::optional(ImageFormat::kTiff) : std::nullopt;
}

/// Refuses an image of a known format that is not read, with what to do.
void refuse_other_format(const ImageBytes& bytes) {
  using namespace std::string_view_literals;
  struct Format {
    size_t offset;
    std::string_view start;
    std::string_view name;
  };
  constexpr Format kFormats[] = {
      {0, "BM"sv, "BMP"sv},
      {0, "GIF8"sv, "GIF"sv},
      {0, "\0\0\0\x0CjP  "sv, "JPEG 2000"sv},
      {4, "ftypavif"sv, "AVIF"sv},
      {4, "ftypheic"sv, "HEIC"sv},
  };
  for (const auto& [offset, start, name] : kFormats) {
    check(
        !bytes.has(offset, start),
        bytes.where(),
        ": expected PNG, JPEG, WebP or TIFF, got ",
        name,
        "; convert it, for example with ImageMagick: magick IN OUT.png");
  }
}

ImageHeader read_by_format(const ImageBytes& bytes, int64_t page) {
  using namespace std::string_view_literals;
  const auto format = find_format(bytes);
  check(
      page == 1 || !format || format == ImageFormat::kTiff,
      bytes.where(),
      ": expected page 1 of an image, got ",
      page);
  if (format) {
    switch (*format) {
      case ImageFormat::kPng:
        return read_png_header(bytes);
      case ImageFormat::kJpeg:
        return read_jpeg_header(bytes);
      case ImageFormat::kWebp:
        return read_webp_header(bytes);
      case ImageFormat::kTiff:
        return read_tiff_header(bytes, page);
    }
  }
  check(
      !bytes.has(0, "II+\0"sv) && !bytes.has(0, "MM\0+"sv),
      bytes.where(),
      ": BigTIFF, which is not supported; save it as a TIFF of less than 4 GB "
      "(tiffcp IN.tif OUT.tif) or as PNG");
  refuse_git_lfs_pointer(bytes.text(), bytes.where());
  refuse_other_format(bytes);
  throw InputError(concat(
      bytes.where(),
      bytes.size() == 0 ? ": empty file" : ": not an image that can be read",
      "; expected a PNG, JPEG, WebP or TIFF"));
}

} // namespace

std::optional<ImageFormat> find_image_format(std::span<const std::byte> bytes) {
  return find_format(ImageBytes(bytes, ""));
}

ImageHeader read_image_header(
    std::span<const std::byte> bytes,
    const std::string& where,
    int64_t page) {
  const auto header = read_by_format(ImageBytes(bytes, where), page);
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
