#pragma once

#include "memory/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace microfiche::memory {

/// Writes turns as JSON lines: `conversation` (its name), `seq`, `role`, `text`
/// and `time` (ISO 8601 in UTC, or null), of one conversation or of all.
/// `memory import` reads them back. Returns the number of turns.
int64_t export_jsonl(
    Store& store,
    std::optional<int64_t> conversation,
    const std::function<void(std::string_view line)>& write);

} // namespace microfiche::memory
