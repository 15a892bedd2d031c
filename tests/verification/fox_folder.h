#pragma once

#include "core/json.h"
#include "page/image_file.h"
#include "tests/support/tiny_model.h"

#include <filesystem>
#include <string>

namespace microfiche::tests {

/// Two pages of noise with Fox's names.
inline void write_fox_images(const std::filesystem::path& folder) {
  for (int page = 1; page <= 2; ++page) {
    page::write_png(
        folder / ("en_" + std::to_string(page) + ".png"),
        noise_page(64, 96, page));
  }
}

/// A folder in the layout of the published readings, with two pages.
inline void write_fox_clone(const std::filesystem::path& folder) {
  write_fox_images(folder / "data/en_png");
  for (const std::string mode : {"tiny", "small"}) {
    const Json pages = {
        {{"image", "en_1.png"},
         {"len", 3},
         {"gt_text", "one short line"},
         {"token_count", 650},
         {"ocr_text", "one short " + mode}},
        {{"image", "en_2.png"},
         {"len", 4},
         {"gt_text", "two lines\nof text"},
         {"token_count", 1250},
         {"ocr_text", "two lines of " + mode}}};
    write_json_file(
        folder / "results/ocr" / ("en_png_" + mode + ".json"), pages);
  }
}

} // namespace microfiche::tests
