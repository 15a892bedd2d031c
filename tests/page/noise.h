#pragma once

#include "core/crypto.h"
#include "core/files.h"
#include "core/json.h"
#include "page/page_image.h"

#include <string>
#include <string_view>

namespace microfiche::page {

/// The same bytes as `noise` of tests/oracles/make_page_goldens.
inline PageImage noise(int64_t width, int64_t height, uint32_t seed) {
  PageImage image{width, height, {}};
  image.rgb.resize(static_cast<size_t>(width * height * 3));
  for (uint32_t i = 0; i < image.rgb.size(); ++i) {
    uint32_t value = (i + seed) * 2654435761u;
    value = (value ^ (value >> 15)) * 2246822519u;
    image.rgb[i] = static_cast<uint8_t>(value >> 24);
  }
  return image;
}

/// SHA-256 of the RGB bytes.
inline std::string pixel_hash(const PageImage& image) {
  return sha256(std::string_view(
      reinterpret_cast<const char*>(image.rgb.data()), image.rgb.size()));
}

inline std::string golden_path(const std::string& name) {
  return MICROFICHE_SOURCE_DIR "/tests/data/page/" + name;
}

/// The cases of a file that tests/oracles/make_page_goldens wrote.
inline Json golden_cases(const std::string& name) {
  return read_json_file(golden_path(name)).at("cases");
}

} // namespace microfiche::page
