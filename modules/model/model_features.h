#pragma once

#include "core/json.h"

#include <string>

namespace microfiche::model {

/// Throws `InputError`, naming field and value, for a field of a config.json
/// that asks for a computation that we do not have, at the top level or in a
/// nested object. Sizes are checked elsewhere; see Note [Families].
void check_features(const Json& config, const std::string& where);

} // namespace microfiche::model
