#pragma once

#include "training/loss/glyph_head.h"
#include "training/loss/reading_aids.h"

#include "model/model_config.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::training {

/// The sizes of the two glyph heads, which predict the character at a point of
/// the page; see `GlyphHead`.
///
/// Cells of 4 px learn fastest: a cell then holds at most one character, so a
/// linear layer can read it. Cells of 16 px take at least twice the steps
/// (experiments/LOG.md, 2026-11-28).
struct GlyphHeadConfig {
  /// Channels per cell, in both heads.
  int64_t width = 64;

  /// Cells along the side of the square of pixels that a vision token stands
  /// for; must divide that side.
  int64_t cells = 16;

  /// Cells along the side of a patch of the perception tower; must divide that
  /// side.
  int64_t patch_cells = 4;
};

void validate(const GlyphHeadConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, GlyphHeadConfig& config) {
  visit("width", config.width);
  visit("cells", config.cells);
  visit("patch_cells", config.patch_cells);
}

/// Modules that only training uses, beside the model. A head may be empty if no
/// loss uses it.
struct TrainingHeads {
  /// On vision tokens, and on the perception tower's patches.
  GlyphHead glyph{nullptr};
  GlyphHead patch_glyph{nullptr};
  ReadingAids reading{nullptr};
};

/// Makes the heads for a model of these sizes.
TrainingHeads make_heads(
    const GlyphHeadConfig& config,
    const model::ModelConfig& model,
    torch::Device device);

/// The heads' parameters, as "heads.glyph.spread.weight".
std::vector<std::pair<std::string, torch::Tensor>> named_parameters(
    const TrainingHeads& heads);

} // namespace microfiche::training
