#pragma once

#include "core/json.h"

namespace microfiche::model {

/// The value of a field of a config.json; null if it is absent or `object` is
/// no object.
inline Json value_of(const Json& object, const char* field) {
  return object.is_object() ? object.value(field, Json()) : Json();
}

} // namespace microfiche::model
