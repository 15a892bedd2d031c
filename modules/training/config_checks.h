#pragma once

#include "core/config.h"
#include "core/error.h"

#include <cstdint>
#include <string>

namespace microfiche::training {

/// Throws `InputError` if field `field` of the config at `where` is below
/// `minimum`.
inline void check_at_least(
    int64_t value,
    int64_t minimum,
    const char* field,
    const std::string& where) {
  check(
      value >= minimum,
      field_path(where, field),
      ": must be at least ",
      minimum,
      ", got ",
      value);
}

/// The same for a value outside [0, 1).
inline void
check_below_one(double value, const char* field, const std::string& where) {
  check(
      value >= 0 && value < 1,
      field_path(where, field),
      ": must be in [0, 1), got ",
      value);
}

} // namespace microfiche::training
