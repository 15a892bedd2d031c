#include "page/image_file.h"

#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "page/image_header.h"
#include "page/jpeg_pixels.h"
#include "page/tiff_pages.h"

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <limits>

namespace microfiche::page {
namespace {

/// Turns stored pixels upright. An orientation of 5 to 8 swaps the sides.
PageImage turn_upright(const PageImage& stored, int orientation) {
  if (orientation == 1) {
    return stored;
  }
  const bool transposed = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 ||
      orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 ||
      orientation == 6 || orientation == 7;
  PageImage upright = stored;
  if (transposed) {
    std::swap(upright.width, upright.height);
  }
  for (int64_t y = 0; y < upright.height; ++y) {
    for (int64_t x = 0; x < upright.width; ++x) {
      int64_t column = transposed ? y : x;
      int64_t row = transposed ? x : y;
      column = from_right ? stored.width - 1 - column : column;
      row = from_bottom ? stored.height - 1 - row : row;
      std::copy_n(
          stored.rgb.begin() + (row * stored.width + column) * 3,
          3,
          upright.rgb.begin() + (y * upright.width + x) * 3);
    }
  }
  return upright;
}

/// OpenCV's pixels are blue, green, red, with rows that may be padded.
void copy_swapping_red_and_blue(
    const uint8_t* from,
    int64_t num_pixels,
    uint8_t* to) {
  for (int64_t i = 0; i < num_pixels; ++i) {
    to[i * 3] = from[i * 3 + 2];
    to[i * 3 + 1] = from[i * 3 + 1];
    to[i * 3 + 2] = from[i * 3];
  }
}

/// The pixels, or an empty matrix when they cannot be decoded. `flags` are
/// OpenCV's.
cv::Mat
decode(std::span<const std::byte> bytes, const std::string& where, int flags) {
  // OpenCV's codecs log to standard error; our messages say what is wrong.
  static const auto silenced =
      cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  static_cast<void>(silenced);
  check(
      bytes.size() <= std::numeric_limits<int>::max(),
      where,
      ": expected an image file of less than 2 GiB, got ",
      bytes.size(),
      " bytes");
  // imdecode only reads the buffer, but takes no pointer to const.
  const cv::Mat buffer(
      1,
      static_cast<int>(bytes.size()),
      CV_8UC1,
      const_cast<std::byte*>(bytes.data()));
  try {
    return cv::imdecode(buffer, flags);
  } catch (const cv::Exception&) {
    return {};
  }
}

std::string encode(
    const PageImage& image,
    const std::string& kind,
    const std::vector<int>& parameters) {
  validate(image, "encode " + kind);
  cv::Mat pixels(
      static_cast<int>(image.height), static_cast<int>(image.width), CV_8UC3);
  for (int64_t y = 0; y < image.height; ++y) {
    copy_swapping_red_and_blue(
        image.rgb.data() + y * image.width * 3,
        image.width,
        pixels.ptr(static_cast<int>(y)));
  }
  std::vector<uint8_t> bytes;
  cv::imencode(kind, pixels, bytes, parameters);
  return std::string(bytes.begin(), bytes.end());
}

/// Number of pixels darker than mid-grey; with `alpha`, of those that are also
/// more than half transparent.
int64_t count_dark(const PageImage& stored, const cv::Mat* alpha) {
  constexpr int kMidGrey = 3 * 128;
  int64_t count = 0;
  for (int64_t y = 0; y < stored.height; ++y) {
    const uint8_t* rgb = stored.rgb.data() + y * stored.width * 3;
    const uint8_t* const transparency =
        alpha == nullptr ? nullptr : alpha->ptr(static_cast<int>(y));
    for (int64_t x = 0; x < stored.width; ++x, rgb += 3) {
      const bool dark = rgb[0] + rgb[1] + rgb[2] < kMidGrey;
      const bool shown = transparency != nullptr && transparency[x] >= 128;
      count += dark && !shown ? 1 : 0;
    }
  }
  return count;
}

/// The alpha channel in 8 bits, or an empty matrix.
cv::Mat decode_alpha(
    std::span<const std::byte> bytes,
    const std::string& where) {
  const cv::Mat pixels = decode(bytes, where, cv::IMREAD_UNCHANGED);
  cv::Mat alpha;
  if (pixels.channels() == 4) {
    cv::extractChannel(pixels, alpha, /*coi=*/3);
    alpha.convertTo(alpha, CV_8U, pixels.depth() == CV_16U ? 1.0 / 257 : 1.0);
  }
  return alpha;
}

/// Warns when dropping alpha makes the page dark where a viewer shows white
/// paper. Decodes the alpha channel of dark pages only.
std::vector<std::string> transparency_warnings(
    std::span<const std::byte> bytes,
    const std::string& where,
    const PageImage& stored) {
  const int64_t half = stored.width * stored.height / 2;
  if (count_dark(stored, /*alpha=*/nullptr) < half) {
    return {};
  }
  const cv::Mat alpha = decode_alpha(bytes, where);
  if (alpha.cols != stored.width || alpha.rows != stored.height ||
      count_dark(stored, &alpha) < half) {
    return {};
  }
  return {
      "transparent pixels become black, because alpha is dropped as in the "
      "reference; save the image on a white background"};
}

/// The pixels of a PNG, a WebP or a TIFF with one page, as they are stored.
LoadedPage decode_by_opencv(
    std::span<const std::byte> bytes,
    const ImageHeader& header,
    const std::string& where) {
  const cv::Mat pixels =
      decode(bytes, where, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  check(
      !pixels.empty() && pixels.type() == CV_8UC3 &&
          pixels.cols == header.width && pixels.rows == header.height,
      where,
      ": damaged image, its pixels cannot be decoded");
  LoadedPage stored{{header.width, header.height, {}}, {}};
  auto& image = stored.image;
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  for (int64_t y = 0; y < image.height; ++y) {
    copy_swapping_red_and_blue(
        pixels.ptr(static_cast<int>(y)),
        image.width,
        image.rgb.data() + y * image.width * 3);
  }
  if (header.has_alpha) {
    stored.warnings = transparency_warnings(bytes, where, image);
  }
  return stored;
}

LoadedPage decode_page(
    std::span<const std::byte> bytes,
    const std::string& where,
    int64_t page,
    const ImageHeader& header) {
  std::string tiff;
  if (header.format == ImageFormat::kTiff) {
    const ImageBytes whole(bytes, where);
    tiff = with_first_page(
        whole, tiff_pages(whole)[static_cast<size_t>(page - 1)]);
    bytes = std::as_bytes(std::span(tiff));
  }
  auto loaded = header.format == ImageFormat::kJpeg
      ? LoadedPage{decode_jpeg(bytes, header.width, header.height, where), {}}
      : decode_by_opencv(bytes, header, where);
  loaded.image = turn_upright(loaded.image, header.orientation);
  return loaded;
}

/// Calls `use` with the bytes of a file, or of standard input, and its name.
template <typename Use>
auto with_bytes(const std::filesystem::path& path, const Use& use) {
  if (path == "-") {
    const std::string bytes = read_file(path);
    return use(std::as_bytes(std::span(bytes)), "standard input");
  }
  const MappedFile file(path);
  return use(file.bytes(), path.string());
}

} // namespace

int64_t count_pages(
    std::span<const std::byte> bytes,
    const std::string& where) {
  return read_image_header(bytes, where).num_pages;
}

int64_t count_pages(const std::filesystem::path& path) {
  return with_bytes(path, [](auto bytes, const std::string& where) {
    return count_pages(bytes, where);
  });
}

LoadedPage decode_page(
    std::span<const std::byte> bytes,
    const std::string& where,
    int64_t page) {
  return decode_page(bytes, where, page, read_image_header(bytes, where, page));
}

LoadedPage read_page(const std::filesystem::path& path, int64_t page) {
  return with_bytes(path, [&](auto bytes, const std::string& where) {
    return decode_page(bytes, where, page);
  });
}

PageImage decode_image(
    std::span<const std::byte> bytes,
    const std::string& where) {
  const auto header = read_image_header(bytes, where);
  check(
      header.num_pages == 1,
      where,
      ": has ",
      header.num_pages,
      " pages; expected an image of one page");
  auto loaded = decode_page(bytes, where, /*page=*/1, header);
  for (const auto& warning : loaded.warnings) {
    warn(concat(where, ": ", warning));
  }
  return std::move(loaded.image);
}

PageImage read_image(const std::filesystem::path& path) {
  return with_bytes(path, [](auto bytes, const std::string& where) {
    return decode_image(bytes, where);
  });
}

std::string encode_png(const PageImage& image) {
  return encode(image, ".png", {});
}

std::string encode_jpeg(const PageImage& image, int64_t quality) {
  return encode(
      image, ".jpg", {cv::IMWRITE_JPEG_QUALITY, static_cast<int>(quality)});
}

void write_png(const std::filesystem::path& path, const PageImage& image) {
  write_file(path, encode_png(image));
}

} // namespace microfiche::page
