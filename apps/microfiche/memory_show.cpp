#include "memory_commands.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "memory/export.h"
#include "memory/inspection.h"
#include "memory/lay_out.h"
#include "memory/timestamp.h"
#include "model/model_config.h"

#include <functional>
#include <memory>

namespace microfiche::apps {
namespace {

using memory::Store;

struct MemoryListArguments : MemoryArguments {
  std::string format = "table";
};

void run_list(const MemoryListArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kRead);
  const Json list = memory::list_conversations(store);
  if (arguments.format == "json") {
    write_file("-", list.dump(2) + "\n");
    return;
  }
  Table table;
  table.header = {
      "id", "turns", "pages", "format", "last turn", "name", "title"};
  for (const auto& entry : list) {
    table.rows.push_back(
        {entry["id"].dump(),
         entry["turns"].dump(),
         entry["pages"].dump(),
         entry["format"],
         entry["last"].is_null() ? "-" : entry["last"].get<std::string>(),
         one_line(entry["name"], 40),
         one_line(entry["title"])});
  }
  write_file("-", to_text(table));
}

struct MemoryShowArguments : MemoryArguments {
  std::string conversation;
  std::string pictures;
  std::string format = "text";
};

void run_show(const MemoryShowArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kRead);
  const auto conversation =
      memory::find_conversation(store, arguments.conversation);
  if (!arguments.pictures.empty()) {
    const int64_t count =
        memory::export_pictures(store, conversation.id, arguments.pictures);
    say(count_of(count, "page") + " in " + arguments.pictures);
    return;
  }
  const bool as_json = arguments.format == "json";
  Json list = Json::array();
  memory::for_each_turn(
      store, conversation.id, [&](const memory::StoredTurn& turn) {
        const auto time =
            turn.time_ms ? memory::time_text(*turn.time_ms) : std::string();
        if (as_json) {
          list.push_back(
              {{"seq", turn.seq},
               {"role", name_of(turn.role)},
               {"kind", name_of(turn.kind)},
               {"trust", name_of(turn.trust)},
               {"time", time.empty() ? Json(nullptr) : Json(time)},
               {"text", turn.text}});
          return;
        }
        write_file(
            "-",
            concat(
                turn.seq,
                " ",
                name_of(turn.role),
                time.empty() ? "" : " " + time,
                "\n",
                turn.text,
                "\n\n"));
      });
  if (as_json) {
    write_file("-", list.dump(2) + "\n");
  }
}

struct MemoryPagesArguments : MemoryArguments {
  std::string conversation;
  std::string style;
  std::string header = "full";
  bool refuse_undrawable = false;
  bool seal = false;
};

void run_pages(const MemoryPagesArguments& arguments) {
  apply_common_arguments(arguments.common);
  memory::LayoutOptions options;
  options.layout.page_style = load_page_style(
      arguments.style, arguments.common, find_model_config(arguments.common));
  options.layout.turn_header = arguments.header == "short"
      ? memory::TurnHeader::kShort
      : memory::TurnHeader::kFull;
  options.layout.undrawable = arguments.refuse_undrawable
      ? memory::Undrawable::kRefuse
      : memory::Undrawable::kReplace;
  options.seal = arguments.seal;
  Store store(arguments.store, Store::Mode::kWrite);
  options.conversation = find_conversation_id(store, arguments.conversation);
  LazyProgress progress("laying out", "turn");
  const auto report = memory::lay_out(store, options, std::ref(progress));
  progress.finish();
  write_file("-", count_of(report.new_pages, "new page") + "\n");
  if (report.waiting_turns > 0) {
    say(concat(
        count_of(report.waiting_turns, "turn"),
        report.waiting_turns == 1 ? " waits" : " wait",
        " for a full page; --seal writes the last page as it is"));
  }
  if (report.long_turns > 0) {
    say(concat(
        count_of(report.long_turns, "turn"),
        " longer than a page: each has several pages of its own"));
  }
  if (report.replaced_characters > 0) {
    warn(concat(
        count_of(report.replaced_characters, "character"),
        " that no font of the page style has, drawn as U+FFFD; name more fonts "
        "in fallback_fonts"));
  }
}

} // namespace

void add_memory_list(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryListArguments>();
  auto* command = memory.add_subcommand(
      "list",
      "microfiche memory list --store my.db\n\n"
      "Lists the conversations of a store.");
  add_format_option(*command, arguments->format);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_list(*arguments); });
}

void add_memory_show(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryShowArguments>();
  auto* command = memory.add_subcommand(
      "show",
      "microfiche memory show 3 --store my.db\n"
      "microfiche memory show 3 --png pages --store my.db\n\n"
      "Prints the turns of a conversation, or copies the pictures of its "
      "pages.");
  command
      ->add_option(
          "conversation", arguments->conversation, "Its number or name")
      ->type_name("ID")
      ->required();
  auto* pictures = command
                       ->add_option(
                           "--png",
                           arguments->pictures,
                           "Folder for page-0001.png, page-0002.png ...")
                       ->type_name("DIR");
  command->add_option("--format", arguments->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->excludes(pictures);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_show(*arguments); });
}

void add_memory_pages(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryPagesArguments>();
  auto* command = memory.add_subcommand(
      "pages",
      "microfiche memory pages --store my.db\n"
      "microfiche memory pages --style configs/pages/dense.json --seal --store "
      "my.db\n\n"
      "Lays out whole turns on pages, with number and role, and draws them. A "
      "finished page is sealed: later turns never change it. Turns that do not "
      "fill a page yet wait. Interrupted, the same command resumes.");
  command
      ->add_option(
          "--conversation",
          arguments->conversation,
          "Number or name of one conversation; default: all")
      ->type_name("ID");
  command
      ->add_option(
          "--style",
          arguments->style,
          "Page style, a JSON file as in configs/pages; default: a style that "
          "the model reads")
      ->type_name("FILE");
  command
      ->add_option(
          "--header",
          arguments->header,
          "Mark of a turn: full is [12 user], short is [12u]")
      ->check(CLI::IsMember({"full", "short"}))
      ->capture_default_str();
  command->add_flag(
      "--refuse-undrawable",
      arguments->refuse_undrawable,
      "Refuse text that no font can draw; default: draw U+FFFD and count");
  command->add_flag(
      "--seal", arguments->seal, "Seal the last page even if it is not full");
  add_model_folder_option(*command, arguments->common);
  add_set_option(*command, arguments->common);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_pages(*arguments); });
}

} // namespace microfiche::apps
