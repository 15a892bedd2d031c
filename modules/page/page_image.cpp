#include "page/page_image.h"

#include "core/error.h"

#include <algorithm>

namespace microfiche::page {
namespace {

void check_sides(int64_t width, int64_t height, const std::string& where) {
  check(
      width >= 1 && height >= 1,
      where,
      ": expected at least one pixel, got ",
      width,
      " x ",
      height);
  check(
      width <= kMaxPixels / height,
      where,
      ": ",
      width,
      " x ",
      height,
      " pixels are more than the limit of ",
      kMaxPixels);
}

} // namespace

PageImage make_page(int64_t width, int64_t height, Colour colour) {
  check_sides(width, height, "page");
  PageImage image{width, height, {}};
  image.rgb.resize(static_cast<size_t>(width * height * 3), colour.red);
  if (colour.green != colour.red || colour.blue != colour.red) {
    for (size_t i = 0; i < image.rgb.size(); i += 3) {
      image.rgb[i + 1] = colour.green;
      image.rgb[i + 2] = colour.blue;
    }
  }
  return image;
}

void validate(const PageImage& image, const std::string& where) {
  check_sides(image.width, image.height, where);
  check(
      image.rgb.size() == static_cast<size_t>(image.width * image.height * 3),
      where,
      ": expected ",
      image.width,
      " x ",
      image.height,
      " x 3 bytes, got ",
      image.rgb.size());
}

PageImage crop(
    const PageImage& image,
    int64_t x,
    int64_t y,
    int64_t width,
    int64_t height) {
  check(
      x >= 0 && y >= 0 && width >= 1 && height >= 1 &&
          width <= image.width - x && height <= image.height - y,
      "crop: ",
      width,
      " x ",
      height,
      " pixels from (",
      x,
      ", ",
      y,
      ") do not lie inside a page of ",
      image.width,
      " x ",
      image.height);
  PageImage part{width, height, {}};
  part.rgb.reserve(static_cast<size_t>(width * height * 3));
  for (int64_t row = y; row < y + height; ++row) {
    const auto first = image.rgb.begin() + (row * image.width + x) * 3;
    part.rgb.insert(part.rgb.end(), first, first + width * 3);
  }
  return part;
}

} // namespace microfiche::page
