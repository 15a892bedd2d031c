#pragma once

#include "page/page_image.h"

#include <cstdint>

namespace microfiche::tests {

constexpr page::Colour kWhite = {255, 255, 255};

inline page::Colour pixel(const page::PageImage& image, int64_t x, int64_t y) {
  const auto* const rgb = image.rgb.data() + (y * image.width + x) * 3;
  return {rgb[0], rgb[1], rgb[2]};
}

} // namespace microfiche::tests
