#include "reading/training_warnings.h"

#include "reading/text_pages.h"

#include <utility>

namespace microfiche::reading {
namespace {

/// Whether the image can be a page of this style: it has the page's size.
bool has_page_size(
    const page::PageImage& image,
    const rendering::PageStyle& style) {
  const auto layout = rendering::in_pixels(style);
  return image.width == layout.page_width_px &&
      image.height == layout.page_height_px;
}

} // namespace

TrainingWarnings::TrainingWarnings(
    model::ModelConfig config,
    page::ResolutionMode mode)
    : config_(std::move(config)), mode_(std::move(mode)) {}

std::vector<std::string> TrainingWarnings::find(
    const InputPage& page,
    const page::PageImage& image) {
  if (page.text) {
    return find(page_facts(page.text->style, image));
  }
  if (page.file.kind == FileKind::kImage && !page.file.content) {
    const auto& folder = folder_of(page.file.path);
    if (folder && folder->pages.contains(page.file.path.filename().string()) &&
        has_page_size(image, folder->style)) {
      return find(page_facts(folder->style, image));
    }
  }
  return find(
      model::PageFacts{.width_px = image.width, .height_px = image.height});
}

std::vector<std::string> TrainingWarnings::find(const model::PageFacts& facts) {
  return take_new(model::training_warnings(config_, mode_, facts));
}

std::vector<std::string> TrainingWarnings::find_for_mode(
    const std::string& mode) {
  page::ResolutionMode saved;
  saved.name = mode;
  return take_new(model::training_warnings(config_, saved));
}

const std::optional<PageFolder>& TrainingWarnings::folder_of(
    const std::filesystem::path& file) {
  const auto folder = file.parent_path();
  const auto [found, is_new] = folders_.try_emplace(folder);
  if (is_new) {
    found->second = find_page_folder(folder);
  }
  return found->second;
}

std::vector<std::string> TrainingWarnings::take_new(
    std::vector<std::string> warnings) {
  std::erase_if(warnings, [this](const std::string& warning) {
    return !returned_.insert(warning).second;
  });
  return warnings;
}

} // namespace microfiche::reading
