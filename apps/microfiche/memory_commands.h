#pragma once

#include "command.h"

#include "core/table.h"
#include "memory/reading/read_pages.h"
#include "memory/recall/stored_plan.h"
#include "memory/store.h"

#include <filesystem>
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

/// The conversation that --conversation names; without it, the only one. Throws
/// `InputError` when there are several.
memory::Conversation choose_conversation(
    memory::Store& store,
    const std::string& name);

/// Arguments of commands that work on a plan.
struct PlanOfArguments : MemoryArguments {
  std::string conversation;
  std::optional<int64_t> plan;
};

/// Adds --conversation and --plan.
void add_plan_of_options(CLI::App& command, PlanOfArguments& arguments);

/// The plan that --plan or --conversation names; without them, the newest plan
/// of each conversation that has one. Throws `InputError` when there is none.
std::vector<memory::StoredPlan> find_plans(
    memory::Store& store,
    const PlanOfArguments& arguments);

/// Adds --max-new-tokens, --batch and --pages-per-context.
void add_reading_options(CLI::App& command, memory::PageReadingConfig& reading);

/// A text cut to a line of at most `num_bytes` bytes, without control
/// characters.
std::string one_line(const std::string& text, size_t num_bytes = 60);

/// Runs a sweep over conversations; see `memory::ConversationSweepConfig`.
void run_conversation_sweep(
    const std::string& file,
    const CommonArguments& common,
    const std::optional<uint64_t>& seed,
    const std::filesystem::path& folder);

// One function per command of `memory`, in memory_COMMAND.cpp. Small commands
// share the file of a related one:
//
//   memory_curve.cpp   curve, timeline
//   memory_erase.cpp   erase, check
//   memory_import.cpp  import, add, export
//   memory_pin.cpp     pin, unpin
//   memory_recall.cpp  recall, build
//   memory_show.cpp    show, list, pages
void add_memory_import(CLI::App& memory);
void add_memory_add(CLI::App& memory);
void add_memory_export(CLI::App& memory);
void add_memory_list(CLI::App& memory);
void add_memory_show(CLI::App& memory);
void add_memory_pages(CLI::App& memory);
void add_memory_plan(CLI::App& memory);
void add_memory_generate(CLI::App& memory);
void add_memory_build(CLI::App& memory);
void add_memory_recall(CLI::App& memory);
void add_memory_ask(CLI::App& memory);
void add_memory_pin(CLI::App& memory);
void add_memory_unpin(CLI::App& memory);
void add_memory_erase(CLI::App& memory);
void add_memory_curve(CLI::App& memory);
void add_memory_timeline(CLI::App& memory);
void add_memory_check(CLI::App& memory);

} // namespace microfiche::apps
