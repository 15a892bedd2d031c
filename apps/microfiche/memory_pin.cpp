#include "memory_commands.h"

#include "core/error.h"
#include "core/terminal.h"
#include "memory/plans.h"

#include <memory>

namespace microfiche::apps {
namespace {

using memory::Store;

struct MemoryPinArguments : MemoryArguments {
  std::string conversation;
  int64_t turn = 0;
  double importance = 1;
};

void add_pin_options(CLI::App& command, MemoryPinArguments& arguments) {
  command.add_option("turn", arguments.turn, "Number of the turn")
      ->type_name("SEQ")
      ->required();
  command
      .add_option(
          "--conversation",
          arguments.conversation,
          "Number or name of the conversation; default: the only one")
      ->type_name("ID");
}

void run_pin(const MemoryPinArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kWrite);
  const auto conversation = choose_conversation(store, arguments.conversation);
  memory::pin_turn(
      store, conversation.id, arguments.turn, arguments.importance);
  say(concat("pinned ", conversation.name, ":", arguments.turn));
}

void run_unpin(const MemoryPinArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kWrite);
  const auto conversation = choose_conversation(store, arguments.conversation);
  const bool removed =
      memory::unpin_turn(store, conversation.id, arguments.turn);
  say(concat(
      conversation.name,
      ":",
      arguments.turn,
      removed ? " is no longer pinned" : " was not pinned"));
}

} // namespace

void add_memory_pin(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryPinArguments>();
  auto* command = memory.add_subcommand(
      "pin",
      "microfiche memory pin 12 --store my.db\n\n"
      "Pins a turn: policies with pins keep its page well legible.");
  add_pin_options(*command, *arguments);
  command
      ->add_option(
          "--importance",
          arguments->importance,
          "A number that the policy's pins.importance is compared with")
      ->capture_default_str();
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_pin(*arguments); });
}

void add_memory_unpin(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryPinArguments>();
  auto* command = memory.add_subcommand(
      "unpin",
      "microfiche memory unpin 12 --store my.db\n\n"
      "Removes the pin of a turn.");
  add_pin_options(*command, *arguments);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_unpin(*arguments); });
}

} // namespace microfiche::apps
