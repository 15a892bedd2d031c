#pragma once

#include "core/json.h"

namespace microfiche {

/// Where and when a program works, for `environment.json` of its run folder:
/// `started` (the time of this call, ISO 8601, UTC), `processor` and
/// `operating_system`.
Json describe_machine();

} // namespace microfiche
