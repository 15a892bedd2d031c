#include "memory_commands.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "memory/reading/ask.h"
#include "memory/timestamp.h"

#include <functional>
#include <memory>

// memory ask.

namespace microfiche::apps {
namespace {

using memory::Store;

struct MemoryAskArguments : PlanOfArguments {
  std::string question;
  std::string by = "transcription";
  memory::PageReadingConfig reading;
  std::string format = "table";
};

/// What `ask` found, and where.
struct AskResult {
  std::string key;
  std::optional<memory::FoundAnswer> answer;

  /// None for a text search.
  std::optional<memory::StoredPlan> plan;
};

std::string turns_text(const memory::FoundAnswer& answer) {
  return answer.first_seq == answer.last_seq
      ? concat("turn ", answer.first_seq)
      : concat("turns ", answer.first_seq, " to ", answer.last_seq);
}

Json ask_json(const AskResult& result, const std::string& by) {
  const auto& answer = result.answer;
  Json json = {
      {"key", result.key},
      {"by", by},
      {"answer", answer ? Json(answer->value) : Json(nullptr)}};
  if (!answer) {
    return json;
  }
  json["turns"] = {answer->first_seq, answer->last_seq};
  if (answer->item) {
    const auto& item = result.plan->items[*answer->item];
    json["plan"] = result.plan->id;
    json["page"] = item.page;
    json["mode"] = item.mode;
    json["age_pages"] = memory::age_in_pages(*result.plan, *answer->item);
    json["positions"] = answer->positions;
  }
  return json;
}

void print_answer(
    const AskResult& result,
    const MemoryAskArguments& arguments) {
  if (arguments.format == "json") {
    write_file("-", ask_json(result, arguments.by).dump(2) + "\n");
    return;
  }
  const auto& answer = result.answer;
  write_file("-", concat(answer ? answer->value : "?", "\n"));
  if (!answer) {
    say(concat(
        arguments.by == "text_search" ? "no turn that was found states \""
                                      : "no page of the plan states \"",
        result.key,
        "\"",
        arguments.by == "text_search"
            ? ""
            : "; `--by text_search` searches the text of the turns"));
    return;
  }
  if (!answer->item) {
    say(concat("\"", result.key, "\", from the text of ", turns_text(*answer)));
    return;
  }
  const auto& item = result.plan->items[*answer->item];
  const int64_t age = memory::age_in_pages(*result.plan, *answer->item);
  say(concat(
      "\"",
      result.key,
      "\", from page ",
      item.page,
      " (",
      turns_text(*answer),
      "), kept as ",
      item.mode,
      " in ",
      count_of(answer->positions, "position"),
      ", ",
      count_of(age, "page"),
      " old"));
}

/// The text of turns needs neither pages nor a model.
void check_usage(const CLI::App& command, const MemoryAskArguments& arguments) {
  for (const char* option :
       {"--plan",
        "--model",
        "--adapter",
        "--device",
        "--dtype",
        "--max-new-tokens",
        "--batch",
        "--pages-per-context"}) {
    check<UsageError>(
        arguments.by != "text_search" || command.count(option) == 0,
        option,
        " has no effect with --by text_search");
  }
}

void run_ask_text(const MemoryAskArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kRead);
  const auto conversation = choose_conversation(store, arguments.conversation);
  AskResult result;
  result.key =
      memory::key_of_question(store, conversation.id, arguments.question);
  result.answer = memory::ask_text(store, conversation.id, result.key);
  print_answer(result, arguments);
}

void run_ask(const MemoryAskArguments& arguments) {
  if (arguments.by == "text_search") {
    run_ask_text(arguments);
    return;
  }
  Store store(arguments.store, Store::Mode::kWrite);
  const auto conversation = choose_conversation(store, arguments.conversation);
  AskResult result;
  result.key =
      memory::key_of_question(store, conversation.id, arguments.question);
  result.plan = memory::find_plan(store, conversation.id, arguments.plan);
  auto loaded = open_model(arguments.common);
  if (arguments.by == "lookup") {
    memory::check_answers_questions(loaded);
  }
  memory::PlanReader reader(store, *result.plan, loaded, arguments.reading);
  LazyProgress progress("searching, newest page first", "page");
  result.answer = arguments.by == "lookup"
      ? memory::ask_by_lookup(
            reader, *result.plan, loaded, result.key, std::ref(progress))
      : memory::ask_by_transcription(
            reader,
            *result.plan,
            result.key,
            arguments.reading.batch,
            std::ref(progress));
  progress.finish();
  if (result.answer) {
    memory::record_access(
        store,
        *result.plan,
        *result.answer->item,
        result.key,
        memory::system_time_ms());
  }
  print_answer(result, arguments);
}

} // namespace

void add_memory_ask(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryAskArguments>();
  auto* command = memory.add_subcommand(
      "ask",
      "microfiche memory ask 'What is the code of locker 17?' --store my.db\n"
      "microfiche memory ask 'locker 17' --by text_search --store my.db\n\n"
      "Finds the newest value of the key in the question: reads the pages of a "
      "plan back, newest first, until one states it. Prints ? if none does, "
      "and says which page answered. A model may misread a page: compare with "
      "--by text_search.");
  command
      ->add_option(
          "question", arguments->question, "A question, or the key itself")
      ->type_name("QUESTION")
      ->required();
  command
      ->add_option(
          "--by",
          arguments->by,
          "transcription (reads pages), text_search (searches the text of turns) or lookup "
          "(asks the model, if it has learned that)")
      ->check(CLI::IsMember({"transcription", "text_search", "lookup"}))
      ->capture_default_str();
  add_reading_options(*command, arguments->reading);
  add_format_option(*command, arguments->format);
  add_plan_of_options(*command, *arguments);
  add_model_options(*command, arguments->common);
  add_store_options(*command, *arguments);
  command->callback([arguments, command] {
    check_usage(*command, *arguments);
    run_ask(*arguments);
  });
}

} // namespace microfiche::apps
