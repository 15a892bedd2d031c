#pragma once

#include "model/optical_model.h"

#include <filesystem>
#include <string>

namespace microfiche::model {

/// The vision tokens of one page in a file.
struct SavedVisionTokens {
  VisionTokens tokens;

  /// `LoadedModel::hash` of the model that made them.
  std::string model_hash;
};

/// Writes a safetensors file with `vision_tokens`, (positions, width) in f32,
/// and the metadata `mode`, `image_size` and `tiles` (as "1654x2339", width
/// first), `nominal`, `valid`, `positions` and `model_hash`.
void write_vision_tokens(
    const std::filesystem::path& file,
    const SavedVisionTokens& saved);

/// Reads such a file. Throws `InputError` when the file is malformed, has no
/// vision tokens, or its metadata do not fit them.
SavedVisionTokens read_vision_tokens(const std::filesystem::path& file);

} // namespace microfiche::model
