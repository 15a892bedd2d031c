#pragma once

#include "core/json.h"

#include <filesystem>
#include <string>

namespace microfiche::model {

/// Describes a model folder (parameters by part, dtypes, hashes, memory of a
/// run in bytes, modes), a safetensors file, or saved vision tokens. A folder
/// without weights is described by its config.json.
///
/// Throws `InputError` for a path that does not exist, for a damaged file, and
/// for weights that do not fit the config.
Json inspect(const std::filesystem::path& path);

/// The result of `inspect` as tables.
std::string inspection_text(const Json& inspection);

} // namespace microfiche::model
