#include <algorithm>
#include <cmath>

#include "conditions/page/page_condition.h"

namespace microfiche::conditions {
namespace {

page::PageImage
add_noise(page::PageImage image, double deviation, RandomStream& random) {
  for (auto& value : image.rgb) {
    value = static_cast<uint8_t>(std::clamp<long>(
        std::lround(value + deviation * random.normal()), 0, 255));
  }
  return image;
}

/// Draws a grey box of the page's shape at a uniformly drawn position,
/// completely on the page.
page::PageImage
occlude(page::PageImage image, double percent, RandomStream& random) {
  constexpr uint8_t kGrey = 128;
  const double side = std::sqrt(percent / 100);
  const auto width = std::llround(side * static_cast<double>(image.width));
  const auto height = std::llround(side * static_cast<double>(image.height));
  const double right = random.uniform();
  const double down = random.uniform();
  const auto x = std::llround(right * static_cast<double>(image.width - width));
  const auto y =
      std::llround(down * static_cast<double>(image.height - height));
  for (int64_t row = y; row < y + height; ++row) {
    const auto begin = image.rgb.begin() + 3 * (row * image.width + x);
    std::fill(begin, begin + 3 * width, kGrey);
  }
  return image;
}

} // namespace

std::vector<PageCondition> noise() {
  return {
      {{"gaussian_noise",
        "noise of this standard deviation on every channel of every pixel",
        Strength{"grey levels", 0, 255}},
       [](page::PageImage image,
          const PageContext&,
          double deviation,
          RandomStream& random) {
         return add_noise(std::move(image), deviation, random);
       }},
      {{"occlusion",
        "a grey box somewhere on the page",
        Strength{"% of the page", 0, 100}},
       [](page::PageImage image,
          const PageContext&,
          double percent,
          RandomStream& random) {
         return occlude(std::move(image), percent, random);
       }}};
}

} // namespace microfiche::conditions
