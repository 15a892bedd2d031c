#pragma once

#include <string>
#include <vector>

namespace microfiche::training {

/// A part of what is trained, by the patterns of its parameters' names.
struct ModelPart {
  std::string name;
  std::vector<std::string> patterns;
};

/// The parts that a rate may name: sam, compressor, clip, projector (with the
/// newline and the separator), embeddings (token embedding and head), router,
/// experts (routed and shared), decoder (all of it), heads,
/// adapter, text_compressor.
const std::vector<ModelPart>& model_parts();

/// Whether a parameter belongs to what a rate's `match` says: the name of a
/// part, or a pattern with `*` over the parameters' names.
bool in_part(const std::string& match, const std::string& parameter);

} // namespace microfiche::training
