#include "memory_commands.h"

#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "memory/export.h"
#include "memory/import.h"
#include "memory/timestamp.h"

#include <memory>

namespace microfiche::apps {
namespace {

using memory::Store;

struct MemoryImportArguments : MemoryArguments {
  std::vector<std::string> inputs;
  std::string format = "auto";
  bool tools = false;
};

/// What the store does not keep, e.g. "2 images, 1 other branch"; empty for
/// nothing.
std::string losses_text(const memory::ImportLosses& losses, bool tools) {
  std::string text;
  const auto add = [&](int64_t count, const std::string& what) {
    if (count > 0) {
      text += (text.empty() ? "" : ", ") + what;
    }
  };
  add(losses.images, count_of(losses.images, "image"));
  add(losses.files, count_of(losses.files, "file"));
  add(losses.tools,
      count_of(losses.tools, "tool message") +
          (tools ? "" : " (kept with --tools)"));
  add(losses.branches,
      concat(
          losses.branches,
          losses.branches == 1 ? " other branch" : " other branches"));
  add(losses.hidden, count_of(losses.hidden, "hidden message"));
  add(losses.empty, count_of(losses.empty, "empty message"));
  add(losses.questions,
      count_of(losses.questions, "question") + " whose answer no turn spells");
  add(losses.replaced_characters,
      count_of(losses.replaced_characters, "U+0000 character"));
  return text;
}

void print_report(
    const std::string& input,
    const memory::ImportReport& report,
    bool tools) {
  write_file(
      "-",
      concat(
          input,
          " (",
          name_of(report.format),
          "): ",
          count_of(report.new_conversations, "new conversation"),
          ", ",
          report.extended_conversations,
          " extended, ",
          report.known_conversations,
          " known; ",
          count_of(report.new_turns, "new turn"),
          "\n"));
  const auto losses = losses_text(report.losses, tools);
  if (!losses.empty()) {
    warn(concat(input, ": not kept: ", losses));
  }
  if (report.erased_turns > 0) {
    warn(concat(
        input,
        ": left out ",
        count_of(report.erased_turns, "turn"),
        " that had been erased"));
  }
  if (report.backward_times > 0) {
    warn(concat(
        input,
        ": ",
        count_of(report.backward_times, "turn"),
        " older than the turn before; the order of the file is kept"));
  }
  for (const auto& place : report.differing) {
    warn(concat(
        input,
        ": left out a conversation that differs from the store: ",
        place,
        "; to keep both, import it into another store"));
  }
}

void run_import(const MemoryImportArguments& arguments) {
  apply_common_arguments(arguments.common);
  memory::ImportOptions options;
  options.format = memory::find_format(arguments.format);
  options.keep_tools = arguments.tools;
  options.now_ms = memory::system_time_ms();
  Store store(arguments.store, Store::Mode::kCreate);
  for (const auto& input : arguments.inputs) {
    Progress progress("importing " + input, 0, "conversation");
    const auto report = memory::import_file(
        store, input, options, [&](int64_t count) { progress.update(count); });
    progress.finish();
    print_report(input, report, arguments.tools);
  }
}

struct MemoryAddArguments : MemoryArguments {
  std::string text = "-";
  std::string conversation;
  std::string role = "user";
};

void run_add(const MemoryAddArguments& arguments) {
  apply_common_arguments(arguments.common);
  memory::Turn turn;
  turn.role = memory::find_role(arguments.role).value();
  turn.kind = memory::kind_of(turn.role);
  turn.trust = turn.role == memory::Role::kAssistant ? memory::Trust::kAssistant
      : turn.role == memory::Role::kTool             ? memory::Trust::kTool
                                                     : memory::Trust::kUser;
  turn.text = arguments.text == "-" ? read_file("-", memory::kMaxTurnBytes + 1)
                                    : arguments.text;
  if (arguments.text == "-" && turn.text.ends_with('\n')) {
    turn.text.pop_back();
  }
  const int64_t now = memory::system_time_ms();
  turn.time_ms = now;
  Store store(arguments.store, Store::Mode::kCreate);
  const auto stored =
      memory::add_turn(store, arguments.conversation, std::move(turn), now);
  write_file("-", concat(arguments.conversation, ":", stored.seq, "\n"));
}

struct MemoryExportArguments : MemoryArguments {
  std::string conversation;
  std::string output = "-";
  std::string format = "jsonl";
};

void run_export(const MemoryExportArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kRead);
  const auto conversation = find_conversation_id(store, arguments.conversation);
  int64_t count = 0;
  write_file(arguments.output, [&](const ByteSink& sink) {
    count =
        memory::export_jsonl(store, conversation, [&](std::string_view line) {
          sink(std::as_bytes(std::span(line.data(), line.size())));
        });
  });
  say(count_of(count, "turn"));
}

} // namespace

void add_memory_import(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryImportArguments>();
  auto* command = memory.add_subcommand(
      "import",
      "microfiche memory import conversations.json --store my.db\n"
      "microfiche memory import chats.jsonl --format openai --store my.db\n\n"
      "Imports conversations from exports of ChatGPT and Claude, sessions of "
      "Claude Code, ShareGPT, OpenAI messages, rows of LMSYS-Chat-1M, "
      "LongMemEval, LoCoMo, or a turn per line. Each file is imported whole or not at all. A file that "
      "has grown since adds its new turns; erased turns stay erased. Says what "
      "is not kept: images, files, tools, other branches.");
  command
      ->add_option(
          "files", arguments->inputs, "Files to import; - is standard input")
      ->type_name("FILE")
      ->required();
  command
      ->add_option(
          "--format", arguments->format, "Format; auto finds it in the file")
      ->check(CLI::IsMember(memory::format_names()))
      ->capture_default_str();
  command->add_flag(
      "--tools", arguments->tools, "Keep calls and results of tools as turns");
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_import(*arguments); });
}

void add_memory_add(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryAddArguments>();
  auto* command = memory.add_subcommand(
      "add",
      "microfiche memory add 'The code of locker 17 is kfqe.' --conversation "
      "notes --store my.db\n"
      "microfiche memory add --conversation notes --role assistant --store "
      "my.db < answer.txt\n\n"
      "Adds one turn after the last one of a conversation and prints its "
      "conversation and number. The turn is on disk when the command ends.");
  command->add_option("text", arguments->text, "Text; - is standard input")
      ->type_name("TEXT")
      ->capture_default_str();
  command
      ->add_option(
          "--conversation",
          arguments->conversation,
          "Name of the conversation; a new name begins one")
      ->type_name("NAME")
      ->required();
  command->add_option("--role", arguments->role, "Who speaks")
      ->check(CLI::IsMember({"user", "assistant", "system", "tool"}))
      ->capture_default_str();
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_add(*arguments); });
}

void add_memory_export(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryExportArguments>();
  auto* command = memory.add_subcommand(
      "export",
      "microfiche memory export --store my.db -o turns.jsonl\n\n"
      "Writes a turn per line: conversation, seq, role, text and time. `memory "
      "import` reads them back.");
  command
      ->add_option(
          "--conversation",
          arguments->conversation,
          "Number or name of one conversation; default: all")
      ->type_name("ID");
  command->add_option("-o,--output", arguments->output, "File to write")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("--format", arguments->format, "jsonl")
      ->check(CLI::IsMember({"jsonl"}))
      ->capture_default_str();
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_export(*arguments); });
}

} // namespace microfiche::apps
