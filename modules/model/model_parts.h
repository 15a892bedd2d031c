#pragma once

#include "checkpoint/sharded_checkpoint.h"
#include "model/model_config.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::model {

/// Counts of some of a model's tensors.
struct TensorTotals {
  int64_t tensors = 0;
  int64_t parameters = 0;
  int64_t bytes = 0;

  /// Tensors per dtype, as safetensors files call it.
  std::map<std::string, int64_t> dtypes;

  void add(const checkpoint::TensorInfo& info);
};

/// A model's tensors by part: SAM, compressor, projector, routed experts, ...
struct ModelParts {
  /// In the order of the tensors.
  std::vector<std::pair<std::string, TensorTotals>> parts;
  TensorTotals all;
};

/// Counts the tensors of a checkpoint, by their published names.
ModelParts count_parts(const checkpoint::Checkpoint& checkpoint);

/// Counts the tensors that a checkpoint of this config needs, in the dtype of
/// the config (f32 if it has none).
ModelParts count_parts(const ModelConfig& config);

} // namespace microfiche::model
