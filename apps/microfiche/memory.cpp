#include "memory_commands.h"

#include "core/error.h"
#include "core/plural.h"
#include "core/utf8.h"

namespace microfiche::apps {

void add_store_options(CLI::App& command, MemoryArguments& arguments) {
  command.add_option("--store", arguments.store, "Store, an SQLite file")
      ->type_name("FILE")
      ->required();
  add_quiet_option(command, arguments.common);
}

std::optional<int64_t> find_conversation_id(
    memory::Store& store,
    const std::string& name) {
  return name.empty()
      ? std::nullopt
      : std::optional(memory::find_conversation(store, name).id);
}

memory::Conversation choose_conversation(
    memory::Store& store,
    const std::string& name) {
  if (!name.empty()) {
    return memory::find_conversation(store, name);
  }
  const auto list = memory::conversations(store);
  check(
      list.size() == 1,
      store.path().string(),
      ": the store has ",
      count_of(static_cast<int64_t>(list.size()), "conversation"),
      "; choose one with --conversation, `microfiche memory list` shows them");
  return list.front();
}

void add_plan_of_options(CLI::App& command, PlanOfArguments& arguments) {
  command
      .add_option(
          "--conversation",
          arguments.conversation,
          "Number or name of the conversation")
      ->type_name("ID");
  command
      .add_option(
          "--plan",
          arguments.plan,
          "Number of the plan; default: the newest of the conversation")
      ->type_name("N")
      ->check(whole_number());
}

std::vector<memory::StoredPlan> find_plans(
    memory::Store& store,
    const PlanOfArguments& arguments) {
  if (arguments.plan || !arguments.conversation.empty()) {
    std::string name = arguments.conversation;
    if (name.empty()) {
      memory::Statement query(
          store.database(), "SELECT conversation FROM plan WHERE id = ?1");
      check(
          query.bind(*arguments.plan).next(),
          store.path().string(),
          ": there is no plan ",
          *arguments.plan,
          "; `microfiche memory plan` makes one");
      name = concat(query.integer(0));
    }
    const auto conversation = memory::find_conversation(store, name);
    return {memory::find_plan(store, conversation.id, arguments.plan)};
  }
  std::vector<memory::StoredPlan> plans;
  memory::Statement query(
      store.database(), "SELECT DISTINCT conversation FROM plan ORDER BY 1");
  while (query.next()) {
    plans.push_back(memory::find_plan(store, query.integer(0)));
  }
  check(
      !plans.empty(),
      store.path().string(),
      ": the store has no plan; `microfiche memory plan` makes one");
  return plans;
}

std::string one_line(const std::string& text, size_t num_bytes) {
  std::string line = text.substr(0, num_bytes);
  line.resize(valid_utf8_prefix(line));
  for (char& character : line) {
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7F) {
      character = ' ';
    }
  }
  return line.size() < text.size() ? line + "..." : line;
}

void add_memory(CLI::App& app) {
  auto* command = app.add_subcommand(
      "memory",
      "microfiche memory import conversations.json --store my.db\n"
      "microfiche memory pages --store my.db\n"
      "microfiche memory plan --budget 4000 --store my.db\n"
      "microfiche memory build --store my.db\n"
      "microfiche memory ask 'What is the code of locker 17?' --store my.db\n"
      "microfiche memory erase --matching 'locker 17' --store my.db\n\n"
      "Optical memory: keeps conversations in a store, lays them out on "
      "pages, plans how many positions each page gets, and measures what is "
      "still recalled.");
  command->require_subcommand(1);
  add_memory_import(*command);
  add_memory_add(*command);
  add_memory_list(*command);
  add_memory_show(*command);
  add_memory_pages(*command);
  add_memory_plan(*command);
  add_memory_generate(*command);
  add_memory_build(*command);
  add_memory_recall(*command);
  add_memory_ask(*command);
  add_memory_pin(*command);
  add_memory_unpin(*command);
  add_memory_erase(*command);
  add_memory_export(*command);
  add_memory_curve(*command);
  add_memory_timeline(*command);
  add_memory_check(*command);
}

} // namespace microfiche::apps
