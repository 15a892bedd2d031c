#pragma once

#include "core/json.h"
#include "model/model_family.h"

#include <cstdint>
#include <optional>
#include <string>

namespace microfiche::model {

/// How many positions of its own output the decoder sees:
/// `sliding_window_size`, or for a family with windows `sliding_window`;
/// nothing if it sees all. A model of any family may be given a window.
///
/// Throws `InputError` for a value below 1, for two that differ, and for a
/// family whose config lacks it.
std::optional<int64_t> find_window(
    const Json& config,
    const ModelFamily& family,
    const std::string& where);

/// Writes a window into every field that states one, and at least into
/// `language_config.sliding_window_size`.
void set_window(Json& config, int64_t window);

} // namespace microfiche::model
