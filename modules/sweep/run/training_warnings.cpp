#include "sweep/run/training_warnings.h"

#include <algorithm>

#include "model/trained_on.h"
#include "rendering/page_style.h"
#include "sources/page_collection.h"

namespace microfiche::sweep {
namespace {

/// The pages of a style, one entry per font and fixed size. Sizes that depend
/// on the text are unknown.
std::vector<model::PageFacts> page_facts(
    const SweepStyle& style,
    const page::ResolutionMode& mode) {
  std::vector<model::PageFacts> pages;
  if (style.layout) {
    const auto layout = rendering::in_pixels(*style.layout);
    pages.push_back(
        {.width_px = layout.page_width_px,
         .height_px = layout.page_height_px,
         .font = style.layout->font,
         .font_size_px = layout.font_size_px,
         .line_distance_px = layout.font_size_px * layout.line_height});
    return pages;
  }
  const int64_t side = mode.base_size_px;
  for (const auto& font : style.fonts) {
    if (style.sizes.empty()) {
      pages.push_back({.width_px = side, .height_px = side, .font = font});
    }
    for (const auto& size : style.sizes) {
      pages.push_back(
          {.width_px = side,
           .height_px = side,
           .font = font,
           .font_size_px = size.font_size_px,
           .line_distance_px = size.line_distance_px});
    }
  }
  return pages;
}

/// Whether the cell's pages are drawn, not read from a collection.
bool is_drawn(const SweepConfig& config, const Cell& cell) {
  const auto& texts =
      cell.source ? config.sources.at(*cell.source) : config.texts;
  return std::ranges::none_of(texts, [](const std::string& text) {
    return sources::find_collection(text).has_value();
  });
}

} // namespace

std::vector<std::string> training_warnings(
    const SweepConfig& config,
    const Cell& cell,
    const model::ModelConfig& model) {
  const auto own = std::ranges::find(
      config.own_modes, cell.mode, &page::ResolutionMode::name);
  auto mode =
      own == config.own_modes.end() ? model::find_mode(model, cell.mode) : *own;
  mode.layout = model::token_layout(model);
  auto warnings = model::training_warnings(model, mode);
  if (!is_drawn(config, cell)) {
    return warnings;
  }
  for (const auto& style : config.styles) {
    if (style.name != cell.style) {
      continue;
    }
    for (const auto& facts : page_facts(style, mode)) {
      const auto more = model::training_warnings(model, mode, facts);
      warnings.insert(warnings.end(), more.begin(), more.end());
    }
  }
  return warnings;
}

} // namespace microfiche::sweep
