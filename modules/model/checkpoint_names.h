#pragma once

#include "model/model_config.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::model {

constexpr std::string_view kWeightEnding = ".weight";
constexpr std::string_view kScaleEnding = ".weight_scale";

/// A tensor of a model's checkpoint.
struct TensorSpec {
  /// As published, e.g. "model.layers.0.self_attn.q_proj.weight".
  std::string name;
  std::vector<int64_t> shape;

  /// May be missing.
  bool optional = false;

  /// The weight of a linear layer, in int8. Its scales are another tensor,
  /// whose name ends in `kScaleEnding`.
  bool int8 = false;

  int64_t numel() const;
};

/// All tensors of a checkpoint of this model, with published names and shapes:
/// 2,710 for the published sizes. Allocates no tensor.
std::vector<TensorSpec> checkpoint_tensors(const ModelConfig& config);

/// Whether this tensor of a checkpoint is ignored: an index table that Hugging
/// Face's `save_pretrained` adds.
bool is_ignored_tensor(std::string_view published_name);

/// Converts names of `OpticalModel`'s tensors to those of published checkpoints
/// and back. Throws `c10::Error` for an unknown name.
std::string published_name(std::string_view our_name);
std::string our_name(std::string_view published_name);

} // namespace microfiche::model
