#include "memory_commands.h"

#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "memory/check_store.h"
#include "memory/erase.h"
#include "memory/timestamp.h"

#include <unistd.h>

#include <charconv>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>

namespace microfiche::apps {
namespace {

using memory::Store;

struct MemoryEraseArguments : MemoryArguments {
  std::vector<std::string> turns;
  std::string before;
  std::string matching;
  bool dry_run = false;
  bool yes = false;
};

/// Reads "CONVERSATION", "CONVERSATION:SEQ" or "CONVERSATION:FIRST-LAST".
memory::Selection::Range parse_turns(Store& store, const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || memory::find_by_name(store, text)) {
    return {
        memory::find_conversation(store, text).id,
        1,
        std::numeric_limits<int64_t>::max()};
  }
  const auto number = [&](const char* begin, const char* end) {
    int64_t value = 0;
    const auto result = std::from_chars(begin, end, value);
    check<UsageError>(
        result.ec == std::errc() && result.ptr == end && begin != end,
        "\"",
        text,
        "\": expected a conversation, CONVERSATION:SEQ or "
        "CONVERSATION:FIRST-LAST");
    return value;
  };
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const size_t dash = text.find('-', colon);
  memory::Selection::Range range;
  range.conversation =
      memory::find_conversation(store, text.substr(0, colon)).id;
  range.first_seq =
      number(begin, dash == std::string::npos ? end : text.data() + dash);
  range.last_seq = dash == std::string::npos
      ? range.first_seq
      : number(text.data() + dash + 1, end);
  return range;
}

memory::Selection make_selection(
    Store& store,
    const MemoryEraseArguments& arguments) {
  memory::Selection selection;
  for (const auto& turns : arguments.turns) {
    selection.ranges.push_back(parse_turns(store, turns));
  }
  if (!arguments.before.empty()) {
    selection.before_ms = memory::parse_time(arguments.before);
    check<UsageError>(
        selection.before_ms.has_value(),
        "--before: expected a time such as 2026-03-01 or "
        "2026-03-01T09:30:00Z, got \"",
        arguments.before,
        '"');
  }
  if (!arguments.matching.empty()) {
    selection.matching = arguments.matching;
  }
  return selection;
}

void print_turns(const std::vector<memory::StoredTurn>& turns) {
  std::string text;
  for (const auto& turn : turns) {
    text += concat(
        turn.conversation,
        ":",
        turn.seq,
        " ",
        name_of(turn.role),
        " ",
        one_line(turn.text),
        "\n");
  }
  write_file("-", text);
}

/// What goes besides turns and pages, e.g. ", 2 facts, 1 answer".
std::string derived_text(const memory::DerivedRows& derived) {
  std::string text;
  const auto add = [&](int64_t count, const char* noun) {
    text += count > 0 ? ", " + count_of(count, noun) : "";
  };
  add(derived.facts, "fact");
  add(derived.questions, "question");
  add(derived.answers, "answer");
  add(derived.readings, "reading");
  if (derived.titles > 0) {
    text +=
        ", the title or name of " + count_of(derived.titles, "conversation");
  }
  return text;
}

/// Asks on a terminal; elsewhere the command itself is the answer.
bool is_confirmed(const std::string& what) {
  if (::isatty(STDIN_FILENO) != 1 || !stderr_is_terminal()) {
    return true;
  }
  std::cerr << "Erase " << what << " for good? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void run_erase(const MemoryEraseArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(
      arguments.store,
      arguments.dry_run ? Store::Mode::kRead : Store::Mode::kWrite);
  const auto selection = make_selection(store, arguments);
  const auto turns = memory::select(store, selection);
  const auto derived = memory::find_derived(store, selection);
  const std::string what =
      count_of(static_cast<int64_t>(turns.size()), "turn") +
      derived_text(derived);
  if (arguments.dry_run) {
    print_turns(turns);
    say("would erase " + what);
    return;
  }
  const bool is_empty = turns.empty() && derived.total() == 0;
  if (!arguments.yes && !is_empty && !is_confirmed(what)) {
    say("nothing erased");
    return;
  }
  const auto report = memory::erase(store, selection, memory::system_time_ms());
  write_file(
      "-",
      concat(
          "erased ",
          count_of(report.turns, "turn"),
          ", ",
          count_of(report.removed_pages, "page"),
          " (",
          report.new_pages,
          " laid out again), ",
          count_of(report.removed_files, "file"),
          derived_text(report.derived),
          "\n"));
  say("Copies elsewhere, such as backups, exports and plans that were built "
      "into other files, are not reached.");
}

struct MemoryCheckArguments : MemoryArguments {
  bool rebuild = false;
};

void run_check(const MemoryCheckArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kWrite);
  LazyProgress progress("checking", "item");
  const auto report =
      memory::check_store(store, arguments.rebuild, std::ref(progress));
  progress.finish();
  std::string text = concat(
      count_of(report.counts.conversations, "conversation"),
      ", ",
      count_of(report.counts.turns, "turn"),
      ", ",
      count_of(report.counts.pages, "page"),
      "\n");
  const auto add = [&](int64_t count, const char* noun, const char* rest) {
    text += count > 0 ? concat(count_of(count, noun), rest, "\n") : "";
  };
  add(report.missing_files, "derived file", " missing");
  add(static_cast<int64_t>(report.damaged_files.size()),
      "derived file",
      " damaged");
  add(report.unused_files, "file", " that nothing uses");
  add(report.pages_with_other_fonts,
      "page",
      " laid out with fonts that are missing or others now");
  add(report.drawn_pages, "page", " drawn again");
  add(report.forgotten_files, "lost derived file", " forgotten");
  write_file("-", text);

  std::string faults;
  for (const auto& fault : report.faults) {
    faults += concat("\n", fault);
  }
  check(
      faults.empty(),
      arguments.store,
      ": the store is damaged; restore it from a backup, or export what is "
      "left:",
      faults);
  check(
      report.damaged_files.empty() || arguments.rebuild,
      report.damaged_files.empty() ? "" : report.damaged_files.front(),
      ": the file is damaged; `microfiche memory check --rebuild` makes it "
      "again");
}

} // namespace

void add_memory_erase(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryEraseArguments>();
  auto* command = memory.add_subcommand(
      "erase",
      "microfiche memory erase --matching 'locker 17' --store my.db\n"
      "microfiche memory erase 3:12 --store my.db\n"
      "microfiche memory erase notes:1-20 --store my.db\n\n"
      "Erases turns and everything that was made from them: index, pages, "
      "pictures, vision tokens. Other turns of their pages are laid out again. "
      "No byte of the text stays in the store. Asks only on a terminal.");
  auto* turns =
      command
          ->add_option(
              "turns",
              arguments->turns,
              "Conversation, CONVERSATION:SEQ or CONVERSATION:FIRST-LAST")
          ->type_name("TURNS");
  auto* before =
      command->add_option("--before", arguments->before, "Turns before a time")
          ->type_name("TIME")
          ->excludes(turns);
  command
      ->add_option(
          "--matching",
          arguments->matching,
          "Turns with this text, letter for letter")
      ->type_name("TEXT")
      ->excludes(turns)
      ->excludes(before);
  command->add_flag(
      "--dry-run", arguments->dry_run, "Only print what would be erased");
  command->add_flag("--yes", arguments->yes, "Do not ask");
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_erase(*arguments); });
}

void add_memory_check(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryCheckArguments>();
  auto* command = memory.add_subcommand(
      "check",
      "microfiche memory check --store my.db\n"
      "microfiche memory check --rebuild --store my.db\n\n"
      "Checks the file, the text of every turn, the full-text index, every "
      "page and every derived file.");
  command->add_flag(
      "--rebuild",
      arguments->rebuild,
      "Make missing and damaged pictures again, and remove unused files");
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_check(*arguments); });
}

} // namespace microfiche::apps
