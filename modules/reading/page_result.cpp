#include "reading/page_result.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "document/grounding.h"
#include "document/overlay.h"
#include "page/image_file.h"

#include <algorithm>
#include <map>
#include <utility>

namespace microfiche::reading {
namespace {

bool has_box(const document::GroundedText& text) {
  return std::ranges::any_of(text.blocks, [](const document::Block& block) {
    return !block.boxes.empty();
  });
}

} // namespace

void write_page_result(
    const std::filesystem::path& folder,
    PageResult result,
    Json details,
    const std::string& where) {
  const auto grounded =
      document::parse_grounding(result.text, result.width_px, result.height_px);
  const auto figure_name = [&](int64_t figure) {
    return concat(result.name, "-figure-", figure + 1, ".png");
  };
  std::map<std::string, page::PageImage> images;
  Json figures = Json::array();
  if (!result.image.rgb.empty()) {
    int64_t number = 0;
    for (auto& figure : document::cut_figures(result.image, grounded)) {
      const std::string file = figure_name(number++);
      if (!figure.rgb.empty()) {
        figures.push_back(file);
        images[file] = std::move(figure);
      }
    }
    if (has_box(grounded)) {
      try {
        images[result.name + "-boxes.png"] =
            document::draw_overlay(result.image, grounded.blocks);
      } catch (const InputError& error) {
        result.warnings.push_back(concat(
            "no image of the boxes was written, because ", error.what()));
      }
    }
  }
  const std::string markdown = result.name + ".md";
  Json files = {markdown, result.name + ".json"};
  for (const auto& [file, image] : images) {
    files.push_back(file);
  }
  details["text"] = result.text;
  details["blocks"] = write_config(grounded)["blocks"];
  details["broken_markup"] = grounded.num_broken;
  details["figures"] = std::move(figures);
  details["warnings"] = result.warnings;
  details["files"] = std::move(files);
  for (const auto& warning : result.warnings) {
    warn(concat(where, ": ", warning));
  }

  write_json_file(folder / (result.name + ".json"), details);
  for (const auto& [file, image] : images) {
    page::write_png(folder / file, image);
  }
  write_file(folder / markdown, document::to_markdown(grounded, figure_name));
}

} // namespace microfiche::reading
