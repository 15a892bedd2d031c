#include "model/memory_estimate.h"

#include "model/checkpoint_names.h"
#include "model/int4_preset.h"
#include "model/optical_model.h"
#include "page/page_image.h"
#include "page/tiling.h"
#include "page/vision_token_order.h"

#include <torch/types.h>

#include <algorithm>

// n = patches of a view, C = width of the perception tower, L = positions.

namespace microfiche::model {
namespace {

/// The prompt and the first part of the output.
constexpr int64_t kTextPositions = 280;

/// Tensors of (n, C) that a block of the perception tower needs at once: the
/// view, its norm, queries, keys and values before and after they are cut into
/// padded windows, and oneDNN's packed copies.
constexpr int64_t kMapsPerBlock = 21;

int64_t element_bytes(const Placement& placement) {
  return static_cast<int64_t>(torch::elementSize(placement.dtype));
}

int64_t weight_bytes(const Placement& placement) {
  return static_cast<int64_t>(torch::elementSize(weights_dtype(placement)));
}

int64_t bytes_of(TensorContent content, const Placement& placement) {
  switch (content) {
    case TensorContent::kInt8:
      return 1;
    case TensorContent::kGroupScale:
      return 2;
    case TensorContent::kChannelScale:
    case TensorContent::kInt4:
      return 4;
    case TensorContent::kZeroPoint:
      // A word holds eight, each of which takes two bytes in memory.
      return 16;
    case TensorContent::kShape:
      return 0;
    case TensorContent::kFloat:
      break;
  }
  return weight_bytes(placement);
}

int64_t encoder_bytes(
    const ModelConfig& config,
    int64_t side_px,
    int64_t num_views,
    const Placement& placement) {
  if (num_views == 0) {
    return 0;
  }
  const int64_t batch = std::min(
      num_views,
      std::max<int64_t>(
          1, pixels_per_batch(placement.device) / (side_px * side_px)));
  const int64_t side = side_px / config.toolkit.sam_patch_size;
  const int64_t n = side * side;
  const int64_t size = element_bytes(placement);
  const int64_t maps = kMapsPerBlock * n * config.sam.width * size;
  // One per row and one per column; scores exist for a few rows at a time.
  const int64_t biases = config.sam.heads * n * 2 * side * size;
  return batch * (maps + biases);
}

int64_t prefill_bytes(
    const ModelConfig& config,
    int64_t positions,
    const Placement& placement) {
  const auto& language = config.language;
  return positions *
      (3 * language.intermediate_size + 8 * language.hidden_size) *
      element_bytes(placement);
}

} // namespace

int64_t weights_bytes(const ModelConfig& config, const Placement& placement) {
  ModelConfig stored = config;
  if (config.quantization().format() != placement.weights) {
    stored.source["quantization_config"] =
        write_quantization(default_quantization(config, placement.weights));
  }
  int64_t bytes = 0;
  for (const auto& spec : checkpoint_tensors(stored)) {
    bytes += spec.numel() * bytes_of(spec.content, placement);
  }
  return bytes;
}

int64_t kv_cache_bytes(const ModelConfig& config, const Placement& placement) {
  const auto& language = config.language;
  return 2 * language.num_hidden_layers * language.num_key_value_heads *
      (language.hidden_size / language.num_attention_heads) *
      element_bytes(placement);
}

MemoryEstimate estimate_memory(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const Placement& placement,
    bool mapped) {
  const int64_t width = mode.base_size_px;
  const int64_t height = page::a4_height_px(width);
  const auto grid = page::mode_tile_grid(mode, width, height);
  const auto counts = page::count_vision_tokens(
      mode, grid, width, height, config.pixels_per_token());
  const int64_t positions = counts.positions + kTextPositions;
  const auto& language = config.language;

  MemoryEstimate estimate;
  estimate.weights = weights_bytes(config, placement);
  if (mapped) {
    estimate.weights -=
        language.vocab_size * language.hidden_size * weight_bytes(placement);
  }
  estimate.kv_cache = positions * kv_cache_bytes(config, placement);
  estimate.activations = std::max(
      {encoder_bytes(config, mode.base_size_px, /*num_views=*/1, placement),
       encoder_bytes(
           config,
           mode.tile_size_px,
           grid.tiled() ? grid.num_tiles() : 0,
           placement),
       prefill_bytes(config, positions, placement)});
  return estimate;
}

} // namespace microfiche::model
