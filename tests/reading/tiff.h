#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::tests {

/// A TIFF whose pages are 8 x 8 pixels of one grey each.
inline std::string write_tiff(const std::vector<uint8_t>& greys) {
  constexpr uint32_t kSide = 8;
  std::string file("II*\0", 4);
  const auto add = [&](uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      file += static_cast<char>(value >> (8 * i));
    }
  };
  add(8, 4);
  for (size_t page = 0; page < greys.size(); ++page) {
    const std::vector<std::pair<uint32_t, uint32_t>> tags = {
        {256, kSide},
        {257, kSide},
        {258, 8}, // bits per sample
        {259, 1}, // no compression
        {262, 1}, // 0 is black
        {273, 0}, // where the pixels are, see below
        {277, 1}, // samples per pixel
        {278, kSide}, // rows per strip
        {279, kSide * kSide}};
    const auto pixels =
        static_cast<uint32_t>(file.size() + 2 + 12 * tags.size() + 4);
    const uint32_t end = pixels + kSide * kSide;
    add(tags.size(), 2);
    for (const auto& [tag, value] : tags) {
      add(tag, 2);
      add(4, 2); // 32-bit number
      add(1, 4);
      add(tag == 273 ? pixels : value, 4);
    }
    add(page + 1 < greys.size() ? end : 0, 4);
    file.append(kSide * kSide, static_cast<char>(greys[page]));
  }
  return file;
}

} // namespace microfiche::tests
