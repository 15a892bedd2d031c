#pragma once

#include "model/optical_model.h"

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::training {

/// A part of the trained model, as patterns over its parameters' names.
struct ModelPart {
  std::string name;
  std::vector<std::string> patterns;
};

/// The parts that a learning rate may name: adapter, sam, compressor, clip or
/// flow (the second stage of the encoder), projector (with the newline and the
/// separator), embeddings (token embedding and head), router, experts (routed
/// and shared), decoder (all of it), heads, text_compressor.
const std::vector<ModelPart>& model_parts();

/// Whether `match`, the name of a part or a pattern with `*`, matches a
/// parameter's name.
bool in_part(const std::string& match, const std::string& parameter);

/// Parts of another model to start from, such as an encoder for a new decoder.
struct PartsFromConfig {
  /// Model folder, or a file of weights. It needs only the tensors of these
  /// parts.
  std::filesystem::path model;

  /// Parts to copy: names ("sam", "experts", ...; see `match` of RateRule), or
  /// patterns with `*` over the parameters' names.
  std::vector<std::string> parts;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PartsFromConfig& config) {
  visit("model", config.model);
  visit("parts", config.parts);
}

/// Copies the parameters of these parts into `model`. Throws `InputError` if
/// the other weights lack one or have it in another shape, or if no parameter
/// matches a part. Int8 weights are multiplied by their scales.
void copy_parts(model::OpticalModel& model, const PartsFromConfig& from);

} // namespace microfiche::training
