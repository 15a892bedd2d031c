#include "training/trained_pages.h"

#include "model/model_config.h"
#include "rendering/page_style.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace microfiche::training {
namespace {

/// The rendered pages of all stages; nothing if a stage has others.
std::optional<std::vector<data::PageMixConfig>> rendered_mixes(
    const TrainingConfig& config) {
  std::vector<data::PageMixConfig> mixes;
  for (const auto& stage : config.stages) {
    for (const auto& source : stage.sources()) {
      const auto* pages = source.rendered_pages();
      if (pages == nullptr) {
        return std::nullopt;
      }
      mixes.push_back(*pages);
    }
  }
  return mixes;
}

model::TrainedTypeSize
scaled(double font_size_px, const data::PageMixConfig& mix, bool upper) {
  const auto& height = mix.line_height;
  return {font_size_px, font_size_px * (upper ? height.second : height.first)};
}

/// Fills in the sizes of type, if all mixes state theirs.
void set_sizes(
    const std::vector<data::PageMixConfig>& mixes,
    model::TrainedOn& trained) {
  std::set<std::pair<double, double>> sizes;
  const auto add = [&](const model::TrainedTypeSize& size) {
    sizes.emplace(size.font_size_px, size.line_distance_px);
  };
  bool between = false;
  for (const auto& mix : mixes) {
    for (const auto& size : mix.sizes) {
      add({size.font_size_px, size.line_distance_px});
    }
    if (mix.sizes.empty()) {
      if (!mix.font_size_px) {
        return;
      }
      between = true;
      add(scaled(mix.font_size_px->first, mix, /*upper=*/false));
      add(scaled(mix.font_size_px->second, mix, /*upper=*/true));
    }
  }
  trained.sizes_between = between;
  for (const auto& [font_size_px, line_distance_px] : sizes) {
    trained.type_sizes.push_back({font_size_px, line_distance_px});
  }
}

/// Whether a page of the style is one of the training pages.
bool is_trained_style(const model::ModelConfig& config, const Json& style) {
  const auto layout = rendering::in_pixels(
      read_config<rendering::PageStyle>(style, "page_style"));
  return model::training_warnings(
             config,
             model::find_mode(config, config.toolkit.default_mode),
             {.width_px = layout.page_width_px,
              .height_px = layout.page_height_px,
              .font = layout.font,
              .font_size_px = layout.font_size_px,
              .line_distance_px = layout.font_size_px * layout.line_height})
      .empty();
}

} // namespace

std::optional<model::TrainedOn> trained_pages(
    const TrainingConfig& config,
    const model::ModelConfig& before) {
  const auto mixes = rendered_mixes(config);
  if (!mixes || mixes->empty() || config.text_compressor) {
    return std::nullopt;
  }
  std::set<std::string> modes;
  std::set<std::string> fonts;
  auto density = mixes->front().characters_per_token;
  for (const auto& mix : *mixes) {
    const auto names = data::mode_names(mix);
    modes.insert(names.begin(), names.end());
    fonts.insert(mix.fonts.begin(), mix.fonts.end());
    const auto& range = mix.characters_per_token;
    density.first = std::min(density.first, range.first);
    density.second = std::max(density.second, range.second);
  }
  model::TrainedOn trained;
  trained.modes.assign(modes.begin(), modes.end());
  trained.fonts.assign(fonts.begin(), fonts.end());
  trained.characters_per_vision_token = density;
  set_sizes(*mixes, trained);

  const auto& old = before.toolkit.trained_on;
  if (old && !old->page_style.is_null()) {
    auto now = before;
    now.toolkit.trained_on = trained;
    if (is_trained_style(now, old->page_style)) {
      trained.page_style = old->page_style;
    }
  }
  return trained;
}

} // namespace microfiche::training
