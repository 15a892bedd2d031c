#include "training/loss/training_heads.h"

#include "core/error.h"

namespace microfiche::training {

void validate(const GlyphHeadConfig& config, const std::string& where) {
  check(
      config.width >= 1 && config.cells >= 1 && config.patch_cells >= 1,
      where,
      ": width, cells and patch_cells must be at least 1");
}

TrainingHeads make_heads(
    const GlyphHeadConfig& config,
    const model::ModelConfig& model,
    torch::Device device) {
  const auto layout = model::token_layout(model);
  GlyphHeadOptions glyph(model.language.hidden_size);
  glyph.width(config.width)
      .cells(config.cells)
      .pixels_per_token(model.pixels_per_token())
      .squares_per_token(layout.squares_per_token);
  GlyphHeadOptions patch_glyph(model.toolkit.sam_neck_channels);
  patch_glyph.width(config.width)
      .cells(config.patch_cells)
      .pixels_per_token(model.toolkit.sam_patch_size);
  ReadingAidsOptions reading(model.language.hidden_size);
  reading.pixels_per_token(model.pixels_per_token()).layout(layout);
  TrainingHeads heads{
      GlyphHead(glyph), GlyphHead(patch_glyph), ReadingAids(reading)};
  heads.glyph->to(device);
  heads.patch_glyph->to(device);
  heads.reading->to(device);
  return heads;
}

std::vector<std::pair<std::string, torch::Tensor>> named_parameters(
    const TrainingHeads& heads) {
  std::vector<std::pair<std::string, torch::Tensor>> named;
  const auto add = [&](const std::string& name, const torch::nn::Module& head) {
    for (const auto& item : head.named_parameters()) {
      named.emplace_back("heads." + name + "." + item.key(), item.value());
    }
  };
  add("glyph", *heads.glyph);
  add("patch_glyph", *heads.patch_glyph);
  add("reading", *heads.reading);
  return named;
}

} // namespace microfiche::training
