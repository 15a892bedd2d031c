#pragma once

#include "command.h"

#include "core/table.h"
#include "memory/store.h"

#include <optional>
#include <string>
#include <vector>

namespace microfiche::apps {

/// Arguments of every command of `memory`.
struct MemoryArguments {
  CommonArguments common;
  std::string store;
};

/// Adds --store and --quiet.
void add_store_options(CLI::App& command, MemoryArguments& arguments);

/// The id of the conversation that --conversation names; none without it.
std::optional<int64_t> find_conversation_id(
    memory::Store& store,
    const std::string& name);

/// A text cut to a line of at most `num_bytes` bytes, without control
/// characters.
std::string one_line(const std::string& text, size_t num_bytes = 60);

// One function per command of `memory`.
void add_memory_import(CLI::App& memory);
void add_memory_add(CLI::App& memory);
void add_memory_export(CLI::App& memory);
void add_memory_list(CLI::App& memory);
void add_memory_show(CLI::App& memory);
void add_memory_pages(CLI::App& memory);
void add_memory_plan(CLI::App& memory);
void add_memory_pin(CLI::App& memory);
void add_memory_unpin(CLI::App& memory);
void add_memory_erase(CLI::App& memory);
void add_memory_check(CLI::App& memory);

} // namespace microfiche::apps
