#pragma once

#include "core/json.h"
#include "memory/store.h"

#include <filesystem>
#include <string>

namespace microfiche::memory {

/// What a store has: `kind` "store", `path`, `schema`, numbers of
/// conversations, turns, pages and derived files, and the layouts of its pages.
/// Throws as `Store` for reading.
Json inspect(const std::filesystem::path& path);

/// The same as lines of text.
std::string inspection_text(const Json& inspection);

/// The conversations of a store: a list of objects with `id`, `name`, `title`,
/// `format`, `turns`, `pages`, `first` and `last` (times, or null).
Json list_conversations(Store& store);

} // namespace microfiche::memory
