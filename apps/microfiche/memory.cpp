#include "memory_commands.h"

#include "core/error.h"
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
      "microfiche memory erase --matching 'locker 17' --store my.db\n\n"
      "Optical memory: keeps conversations in a store, lays them out on "
      "pages and plans how many positions each page gets.");
  command->require_subcommand(1);
  add_memory_import(*command);
  add_memory_add(*command);
  add_memory_list(*command);
  add_memory_show(*command);
  add_memory_pages(*command);
  add_memory_plan(*command);
  add_memory_pin(*command);
  add_memory_unpin(*command);
  add_memory_erase(*command);
  add_memory_export(*command);
  add_memory_check(*command);
}

} // namespace microfiche::apps
