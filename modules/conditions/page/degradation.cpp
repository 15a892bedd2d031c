#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <span>

#include "conditions/page/opencv_page.h"
#include "conditions/page/page_condition.h"
#include "page/image_file.h"
#include "page/resize.h"

namespace microfiche::conditions {
namespace {

page::PageImage blur(page::PageImage image, double deviation) {
  if (deviation > 0) {
    cv::Mat pixels = as_mat(image);
    cv::GaussianBlur(
        pixels, pixels, cv::Size(), deviation, deviation, cv::BORDER_REPLICATE);
  }
  return image;
}

page::PageImage through_jpeg(const page::PageImage& image, double quality) {
  const auto bytes = page::encode_jpeg(image, std::llround(quality));
  return page::decode_image(std::as_bytes(std::span(bytes)), "page as JPEG");
}

page::PageImage rescale(page::PageImage image, double percent) {
  cv::Mat pixels = as_mat(image);
  const auto shrunk = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * percent / 100)));
  };
  cv::Mat small;
  cv::resize(
      pixels,
      small,
      cv::Size(shrunk(pixels.cols), shrunk(pixels.rows)),
      0,
      0,
      cv::INTER_AREA);
  cv::resize(small, pixels, pixels.size(), 0, 0, cv::INTER_CUBIC);
  return image;
}

page::PageImage shrink(page::PageImage image, double percent) {
  const auto shrunk = [&](int64_t side) {
    return std::max<int64_t>(
        1, std::llround(static_cast<double>(side) * percent / 100));
  };
  return page::resize_bicubic(image, shrunk(image.width), shrunk(image.height));
}

page::PageImage lower_contrast(page::PageImage image, double percent) {
  constexpr double kMiddle = 127.5;
  for (auto& value : image.rgb) {
    value = static_cast<uint8_t>(
        std::lround(kMiddle + (value - kMiddle) * percent / 100));
  }
  return image;
}

using ChangePage = page::PageImage (*)(page::PageImage image, double strength);

PageCondition of_pixels(
    const char* name,
    const char* description,
    const Strength& strength,
    ChangePage change) {
  return {
      {name, description, strength},
      [change](
          page::PageImage image,
          const PageContext&,
          double strength,
          RandomStream&) { return change(std::move(image), strength); }};
}

page::PageImage jpeg(page::PageImage image, double quality) {
  return through_jpeg(image, quality);
}

} // namespace

std::vector<PageCondition> degradation() {
  return {
      of_pixels(
          "blur",
          "a Gaussian blur of this standard deviation",
          {"px", 0, 100},
          blur),
      of_pixels(
          "jpeg", "saved as JPEG and read again", {"quality", 1, 100}, jpeg),
      of_pixels(
          "rescale",
          "shrunk to this size by areas, and enlarged again cubically",
          {"% of the side", 1, 100},
          rescale),
      of_pixels(
          "shrink",
          "made smaller as modes do it, to this size; several in a row are a "
          "page that was resized several times",
          {"% of the side", 1, 100},
          shrink),
      of_pixels(
          "contrast",
          "distance of every value from mid grey, relative to before",
          {"%", 0, 100},
          lower_contrast)};
}

} // namespace microfiche::conditions
