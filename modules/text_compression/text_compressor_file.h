#pragma once

#include "text_compression/text_compressor.h"

#include "model/loaded_model.h"

#include <filesystem>
#include <optional>
#include <string>

namespace microfiche::text_compression {

/// The compressor that was trained with a model. The model folder contains it
/// as `text_compressor.json` and, if it has parameters,
/// `text_compressor.safetensors`.
struct LoadedTextCompressor {
  TextCompressor compressor{nullptr};

  /// SHA-256 of both files.
  std::string sha256;
};

/// Writes a compressor into a model folder, in float32.
void save_text_compressor(
    const TextCompressor& compressor,
    const std::filesystem::path& model_folder);

/// Whether a model folder contains a compressor.
bool has_text_compressor(const std::filesystem::path& model_folder);

/// The compressor in the folder of a model, on the model's device; nothing if
/// the folder has none. Throws `InputError` for files that are malformed or do
/// not match the model.
std::optional<LoadedTextCompressor> load_text_compressor(
    const model::LoadedModel& loaded);

} // namespace microfiche::text_compression
