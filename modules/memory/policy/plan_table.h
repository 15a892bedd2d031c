#pragma once

#include "core/json.h"
#include "core/table.h"
#include "memory/policy/plan.h"

#include <cstdint>
#include <optional>

namespace microfiche::memory {

/// A plan for people: neighbouring pages with the same mode, way and reason are
/// one row.
Table plan_table(const Plan& plan);

/// A plan for programs, page by page. `id` is its number in a store; nothing if
/// it is not kept.
Json plan_json(const Plan& plan, const std::optional<int64_t>& id);

} // namespace microfiche::memory
