#pragma once

#include "training/glyph_head.h"
#include "training/reading_aids.h"
#include "training/training_config.h"

#include "model/model_config.h"

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace microfiche::training {

/// What only training needs beside the model; an empty one is not asked.
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
