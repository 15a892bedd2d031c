#pragma once

#include "model/model_config.h"
#include "model/quantization.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::model {

/// What `int4_quantization` rounds to what. Patterns are published names of
/// linear layers, with `*` for any text.
struct Int4Options {
  int64_t group_size = 32;
  bool zero_points = false;

  /// The encoder, with its projector, in int4, too. Its layers run once per
  /// page and decide what the decoder sees; in int8 they read better.
  bool encoder = false;

  std::vector<std::string> int8_layers = {};
  std::vector<std::string> float_layers = {};
};

/// The linear layers of this model's decoder in int4, those of its encoder in
/// int8, and those that match a pattern of `options` in int8 or as they are. A
/// layer whose inputs are not whole groups is int8. Throws `UsageError` for
/// another group size and for a pattern that matches no layer.
Quantization int4_quantization(
    const ModelConfig& config,
    const Int4Options& options = {});

/// The quantization of `--dtype int8` or `int4`; empty for float.
Quantization default_quantization(
    const ModelConfig& config,
    WeightFormat format);

} // namespace microfiche::model
