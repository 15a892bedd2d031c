#pragma once

#include "core/json.h"
#include "encoder/second_stage.h"
#include "model/model_config.h"
#include "model/tensor_spec_list.h"

#include <cstdint>
#include <string>

namespace microfiche::model {

/// How a model folder describes a second stage of the encoder: its sizes in
/// config.json and its tensors. `encoder::SecondStage` is what runs.
struct SecondStageFormat {
  /// The key of `vision_config.width`; see `ModelFamily::second_stage`.
  std::string name;

  /// Reads and writes the sizes that stand under that key.
  void (
      *read)(const Json& sizes, ModelConfig& config, const std::string& where);
  Json (*write)(const ModelConfig& config);

  /// Throws `InputError` for sizes that are out of range or do not fit those of
  /// the perception tower. `where` names the object of the sizes.
  void (*check)(const ModelConfig& config, const std::string& where);

  /// Throws `InputError`, which `where` starts, for a view of that side, which
  /// is a multiple of a vision token's.
  void (*check_view)(
      const ModelConfig& config,
      int64_t side_px,
      const std::string& where);

  /// Squares of the page for which one vision token stands; 1 for most.
  int64_t (*squares_per_token)(const ModelConfig& config);

  /// Channels that the projector gets.
  int64_t (*feature_width)(const ModelConfig& config);

  /// Adds its tensors, with published names and shapes.
  void (*add_tensors)(SpecList& list, const ModelConfig& config);

  encoder::SecondStageFactory (*make)(const ModelConfig& config);
};

/// CLIP's tower of DeepSeek-OCR.
const SecondStageFormat& clip_format();

/// The causal flow of DeepSeek-OCR 2.
const SecondStageFormat& flow_format();

/// The format of the config's second stage.
const SecondStageFormat& second_stage_format(const ModelConfig& config);

} // namespace microfiche::model
