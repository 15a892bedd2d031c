#pragma once

#include "model/model_config.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::model {

constexpr std::string_view kWeightEnding = ".weight";
constexpr std::string_view kScaleEnding = ".weight_scale";

/// A tensor that the checkpoint of a model holds.
struct TensorSpec {
  /// As published, e.g. "model.layers.0.self_attn.q_proj.weight".
  std::string name;
  std::vector<int64_t> shape;

  /// A checkpoint may lack it.
  bool optional = false;

  /// The weight of a linear layer, as int8; its scales have a name of their
  /// own, with `kScaleEnding` after the layer's.
  bool int8 = false;

  int64_t numel() const;
};

/// Every tensor of a checkpoint of this model by its published name and shape:
/// 2,710 for the published sizes. Nothing is allocated.
std::vector<TensorSpec> checkpoint_tensors(const ModelConfig& config);

/// Whether a checkpoint may hold this tensor although nothing reads it: an
/// index table that Hugging Face's `save_pretrained` adds.
bool is_ignored_tensor(std::string_view published_name);

/// What a tensor of `OpticalModel` is called in published checkpoints, and the
/// other way round. Throws `c10::Error` for a name without a counterpart.
std::string published_name(std::string_view our_name);
std::string our_name(std::string_view published_name);

} // namespace microfiche::model
