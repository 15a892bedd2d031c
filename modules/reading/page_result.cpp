#include "reading/page_result.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "document/overlay.h"
#include "page/image_file.h"

#include <algorithm>

namespace microfiche::reading {

void write_page_result(
    const std::filesystem::path& folder,
    const std::string& name,
    const std::string& text,
    const page::PageImage& page,
    int64_t width_px,
    int64_t height_px,
    Json circumstances) {
  const auto grounded = document::parse_grounding(text, width_px, height_px);
  const auto figure_name = [&](int64_t figure) {
    return concat(name, "-figure-", figure + 1, ".png");
  };
  Json figures = Json::array();
  if (!page.rgb.empty()) {
    int64_t number = 0;
    for (const auto& figure : document::cut_figures(page, grounded)) {
      const std::string file = figure_name(number++);
      if (!figure.rgb.empty()) {
        page::write_png(folder / file, figure);
        figures.push_back(file);
      }
    }
    const bool any_box = std::any_of(
        grounded.blocks.begin(),
        grounded.blocks.end(),
        [](const document::Block& block) { return !block.boxes.empty(); });
    if (any_box) {
      page::write_png(
          folder / (name + "-boxes.png"),
          document::draw_overlay(page, grounded.blocks));
    }
  }
  write_file(
      folder / (name + ".md"), document::to_markdown(grounded, figure_name));
  circumstances["text"] = text;
  circumstances["blocks"] = write_config(grounded)["blocks"];
  circumstances["broken_markup"] = grounded.num_broken;
  circumstances["figures"] = std::move(figures);
  write_json_file(folder / (name + ".json"), circumstances);
}

} // namespace microfiche::reading
