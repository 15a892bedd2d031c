#pragma once

#include "text_compression/text_compressor.h"

#include "model/loaded_model.h"

#include <filesystem>
#include <optional>
#include <string>

namespace microfiche::text_compression {

/// A compressor that was trained with the model in whose folder it lies, as
/// `text_compressor.json` and, where it has parameters,
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

/// The compressor in the folder of a model, where the model is; nothing where
/// the folder has none. Throws `InputError` for files that are malformed or do
/// not fit the model.
std::optional<LoadedTextCompressor> load_text_compressor(
    const model::LoadedModel& loaded);

} // namespace microfiche::text_compression
