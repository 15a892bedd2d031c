#pragma once

#include "memory/store.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace microfiche::memory {

/// Writes turns as JSON lines: `conversation` (its name), `seq`, `role`, `text`
/// and `time` (ISO 8601 in UTC, or null), of one conversation or of all.
/// `memory import` reads them back. Titles, kinds, facts and trust are not
/// exported. Returns the number of turns.
int64_t export_jsonl(
    Store& store,
    std::optional<int64_t> conversation,
    const std::function<void(std::string_view line)>& write);

/// Copies the pictures of the pages of a conversation, in the style that was
/// laid out last, into a folder as page-0001.png and so on. Returns their
/// number. Throws `InputError` when there are no pages, or no picture of one.
int64_t export_pictures(
    Store& store,
    int64_t conversation,
    const std::filesystem::path& folder);

} // namespace microfiche::memory
