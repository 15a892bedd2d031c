#pragma once

#include "model/model_config.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::model {

constexpr std::string_view kWeightEnding = ".weight";
constexpr std::string_view kScaleEnding = ".weight_scale";
constexpr std::string_view kPackedEnding = ".weight_packed";
constexpr std::string_view kShapeEnding = ".weight_shape";
constexpr std::string_view kZeroPointEnding = ".weight_zero_point";

/// What a tensor of a checkpoint holds; see Note [Quantized folders].
enum class TensorContent {
  kFloat,
  kInt8,
  /// One float32 scale per channel of an int8 weight.
  kChannelScale,
  /// Eight numbers per int32.
  kInt4,
  kGroupScale,
  kZeroPoint,
  /// The two sizes of an int4 weight.
  kShape
};

/// A tensor of a model's checkpoint.
struct TensorSpec {
  /// As published, e.g. "model.layers.0.self_attn.q_proj.weight".
  std::string name;
  std::vector<int64_t> shape;

  /// May be missing.
  bool optional = false;

  TensorContent content = TensorContent::kFloat;

  /// The published name of the linear layer whose weight this is or belongs to;
  /// empty for all other tensors.
  std::string layer = {};

  /// Outputs and inputs of that layer.
  int64_t out = 0;
  int64_t in = 0;

  int64_t numel() const;
};

/// All tensors of a checkpoint of this model, with published names and shapes:
/// 2,710 for the published sizes, without quantization. Allocates no tensor.
/// Throws `InputError` for an int4 layer whose inputs are not whole groups.
std::vector<TensorSpec> checkpoint_tensors(const ModelConfig& config);

/// Whether this tensor of a checkpoint is ignored: an index table that Hugging
/// Face's `save_pretrained` adds.
bool is_ignored_tensor(std::string_view published_name);

/// Converts names of `OpticalModel`'s tensors to those of published checkpoints
/// and back. Throws `c10::Error` for an unknown name.
std::string published_name(std::string_view our_name);
std::string our_name(std::string_view published_name);

} // namespace microfiche::model
