#include "page/image_file.h"

#include "core/error.h"
#include "core/files.h"
#include "page/image_header.h"

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

cv::Mat decode(std::span<const std::byte> bytes, const std::string& where) {
  // OpenCV's codecs log on standard error; what is wrong is said by ours.
  static const auto silenced =
      cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  static_cast<void>(silenced);
  check(
      bytes.size() <= std::numeric_limits<int>::max(),
      where,
      ": ",
      bytes.size(),
      " bytes are more than an image file may have");
  // imdecode reads the buffer only, but takes no pointer to const.
  const cv::Mat buffer(
      1,
      static_cast<int>(bytes.size()),
      CV_8UC1,
      const_cast<std::byte*>(bytes.data()));
  try {
    return cv::imdecode(
        buffer, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
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

} // namespace

PageImage decode_image(
    std::span<const std::byte> bytes,
    const std::string& where) {
  auto header = read_image_header(bytes, where);
  if (header.format == ImageFormat::kTiff) {
    // OpenCV turns a TIFF upright whatever it is asked for.
    if (header.orientation >= 5) {
      std::swap(header.width, header.height);
    }
    header.orientation = 1;
  }
  const cv::Mat pixels = decode(bytes, where);
  check(
      !pixels.empty() && pixels.type() == CV_8UC3 &&
          pixels.cols == header.width && pixels.rows == header.height,
      where,
      ": damaged image, its pixels cannot be decoded");
  PageImage image{header.width, header.height, {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  for (int64_t y = 0; y < image.height; ++y) {
    copy_swapping_red_and_blue(
        pixels.ptr(static_cast<int>(y)),
        image.width,
        image.rgb.data() + y * image.width * 3);
  }
  return turn_upright(image, header.orientation);
}

PageImage read_image(const std::filesystem::path& path) {
  if (path == "-") {
    const std::string bytes = read_file(path);
    return decode_image(std::as_bytes(std::span(bytes)), "standard input");
  }
  const MappedFile file(path);
  return decode_image(file.bytes(), path.string());
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
