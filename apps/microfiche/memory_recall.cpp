#include "memory_commands.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "memory/pages.h"
#include "memory/reading/build_tokens.h"
#include "memory/reading/recall.h"
#include "memory/recall/cloze.h"
#include "memory/recall/recall_report.h"
#include "memory/timestamp.h"
#include "sweep/run/environment.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <functional>
#include <memory>

// memory build and recall.

namespace microfiche::apps {
namespace {

using memory::Store;

void run_build(const PlanOfArguments& arguments) {
  // The store first, so that a bad one is found before the model is read.
  Store store(arguments.store, Store::Mode::kWrite);
  const auto plans = find_plans(store, arguments);
  auto loaded = open_model(arguments.common);
  for (const auto& plan : plans) {
    LazyProgress progress("encoding", "page");
    const auto report =
        memory::build_tokens(store, plan, loaded, std::ref(progress));
    progress.finish();
    write_file(
        "-",
        concat(
            "plan ",
            plan.id,
            ": ",
            count_of(report.encoded, "page"),
            " encoded in ",
            duration_text(report.encode_time.seconds),
            ", ",
            report.reused,
            " reused, ",
            report.shrunk > 0
                ? concat(report.shrunk, " from vision tokens of another mode, ")
                : std::string(),
            report.as_text,
            " as text, ",
            report.gone,
            " gone; ",
            report.token_bytes,
            " bytes of new vision tokens\n"));
    if (report.of_other_models > 0) {
      warn(concat(
          count_of(report.of_other_models, "page"),
          " had vision tokens of another model or dtype; they were not reused, "
          "because only the model that made them reads them"));
    }
  }
}

struct MemoryRecallArguments : PlanOfArguments {
  memory::RecallConfig config;
  int64_t cloze = 0;
  std::string output;
  std::string format = "table";
};

Json recall_config_json(const MemoryRecallArguments& arguments) {
  return {
      {"store", arguments.store},
      {"cloze", arguments.cloze},
      {"limit", arguments.config.probes.limit},
      {"never_stated", arguments.config.probes.never_stated},
      {"seed", arguments.config.probes.seed},
      {"batch", arguments.config.reading.batch},
      {"pages_per_context", arguments.config.reading.pages_per_context},
      {"generation", write_config(arguments.config.reading.generation)}};
}

std::vector<std::string> fonts_of(Store& store) {
  std::vector<std::string> fonts;
  for (const auto& style : memory::styles(store)) {
    fonts.push_back(style.layout.page_style.font);
  }
  return fonts;
}

void write_results(
    const MemoryRecallArguments& arguments,
    const std::vector<memory::RecallRun>& runs,
    const Json& summary,
    const Json& environment) {
  const std::filesystem::path folder = arguments.output;
  std::string rows;
  for (const auto& run : runs) {
    for (const auto& answer : run.answers) {
      rows += memory::sample_row(run, answer).dump() + "\n";
    }
  }
  write_file(folder / "environment.json", environment.dump(2) + "\n");
  write_file(folder / "samples.jsonl", rows);
  write_file(folder / "summary.json", summary.dump(2) + "\n");
  say(concat(folder.string(), ": samples.jsonl, summary.json"));
}

/// Facts that even the exact text does not give: no method can recall them.
void warn_of_unstated(const memory::RecallRun& run) {
  int64_t count = 0;
  std::string example;
  for (const auto& answer : run.answers) {
    const auto& probe = run.probes[answer.probe];
    if (answer.method == memory::Method::kWholeText && probe.fact &&
        answer.outcome != memory::Outcome::kCorrect) {
      ++count;
      example = concat("turn ", probe.seq, ", \"", one_line(probe.key), "\"");
    }
  }
  if (count > 0) {
    warn(concat(
        count_of(count, "fact"),
        " that the text does not state as \"KEY is VALUE.\", such as ",
        example,
        "; no method recalls them"));
  }
}

void run_recall(MemoryRecallArguments arguments) {
  arguments.config.probes.seed = arguments.common.seed;
  Store store(arguments.store, Store::Mode::kWrite);
  const auto plans = find_plans(store, arguments);
  auto loaded = open_model(arguments.common);
  if (!arguments.output.empty()) {
    // Before reading: a folder that cannot be written is refused early.
    write_file(
        std::filesystem::path(arguments.output) / "config.json",
        recall_config_json(arguments).dump(2) + "\n");
  }
  const auto begin = std::chrono::steady_clock::now();
  std::vector<memory::RecallRun> runs;
  std::string runs_text;
  int64_t num_read = 0;
  int64_t num_reused = 0;
  for (const auto& plan : plans) {
    if (arguments.cloze > 0) {
      say(concat(
          "plan ",
          plan.id,
          ": ",
          count_of(
              memory::add_cloze_facts(
                  store,
                  plan.conversation,
                  arguments.cloze,
                  arguments.common.seed),
              "sentence"),
          " to continue"));
    }
    LazyProgress progress("reading", "page");
    auto result = memory::recall(
        store, plan, loaded, arguments.config, std::ref(progress));
    progress.finish();
    if (result.saved.other_questions > 0) {
      say(concat(
          "plan ",
          plan.id,
          ": answers to ",
          count_of(result.saved.other_questions, "other question"),
          " of earlier recalls are kept; `memory curve` shows all"));
    }
    warn_of_unstated(result.run);
    runs_text += concat("run ", result.saved.run, " of plan ", plan.id, "\n");
    if (arguments.config.reading.pages_per_context > 1) {
      runs_text += concat(
          "a context takes up to ",
          count_of(result.context_positions, "position"),
          " of vision tokens\n");
    }
    num_read += result.num_read;
    num_reused += result.num_reused;
    result.run.conversation =
        memory::find_conversation(store, concat(plan.conversation)).name;
    runs.push_back(std::move(result.run));
  }
  auto summary = memory::summarize(runs, arguments.common.seed);
  summary["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  summary["pages_read"] = num_read;
  summary["readings_reused"] = num_reused;
  if (!arguments.output.empty()) {
    write_results(
        arguments,
        runs,
        summary,
        sweep::describe_environment(
            loaded.provenance(), fonts_of(store), at::get_num_threads()));
  }
  if (arguments.format == "json") {
    write_file("-", summary.dump(2) + "\n");
    return;
  }
  const auto& by_method = summary["methods"]["transcription"];
  write_file("-", to_text(memory::recall_table(summary)));
  if (by_method["never_stated"]["n"] > 0) {
    write_file(
        "-",
        concat(
            "never stated: ",
            by_method["never_stated"]["outcomes"]["abstained"].dump(),
            " of ",
            by_method["never_stated"]["n"].dump(),
            " without an answer, as it should be\n"));
  }
  write_file("-", runs_text);
  say(concat(
      count_of(num_read, "context"),
      " read, ",
      count_of(num_reused, "reading"),
      " reused, ",
      duration_text(summary["seconds"])));
}

} // namespace

void add_reading_options(
    CLI::App& command,
    memory::PageReadingConfig& reading) {
  command
      .add_option(
          "--max-new-tokens",
          reading.generation.max_new_tokens,
          "Most tokens that are read from a context")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
  command
      .add_option(
          "--batch", reading.batch, "Contexts that are read at the same time")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1024}))
      ->capture_default_str();
  command
      .add_option(
          "--pages-per-context",
          reading.pages_per_context,
          "Pages that stand in one context, oldest first; a model must have "
          "learned to read several")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
}

void add_memory_build(CLI::App& memory) {
  auto arguments = std::make_shared<PlanOfArguments>();
  auto* command = memory.add_subcommand(
      "build",
      "microfiche memory build --store my.db\n\n"
      "Encodes the pages of a plan at their tiers, each from the page as it was "
      "drawn first, and keeps their vision tokens. Pages that have vision "
      "tokens are not encoded again. Interrupted, the same command resumes.");
  add_plan_of_options(*command, *arguments);
  add_model_options(*command, arguments->common);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_build(*arguments); });
}

void add_memory_recall(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryRecallArguments>();
  auto* command = memory.add_subcommand(
      "recall",
      "microfiche memory recall --limit 100 --store my.db -o results\n\n"
      "Reads the pages of a plan back, each at its tier, asks for the facts "
      "that their turns state, and compares with text that takes as many "
      "positions. Keeps the answers in the store: a question asked again in "
      "the same run (plan, weights, dtype and reading config) replaces its "
      "answer. Interrupted, the same command resumes.");
  auto& probes = arguments->config.probes;
  command
      ->add_option(
          "--limit",
          probes.limit,
          "Facts to ask for, spread over all ages; default: all")
      ->type_name("N")
      ->check(whole_number());
  command
      ->add_option(
          "--never-stated",
          probes.never_stated,
          "Questions for keys that no turn has; no answer is right")
      ->type_name("N")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}))
      ->capture_default_str();
  command
      ->add_option(
          "--cloze",
          arguments->cloze,
          "Makes up to N facts from sentences of the turns, for a conversation "
          "that states none: three words, and the words that follow")
      ->type_name("N")
      ->check(whole_number(0))
      ->capture_default_str();
  command
      ->add_option(
          "-o,--output",
          arguments->output,
          "Folder for samples.jsonl, summary.json, config.json and "
          "environment.json")
      ->type_name("DIR");
  add_reading_options(*command, arguments->config.reading);
  add_format_option(*command, arguments->format);
  add_seed_option(*command, arguments->common);
  add_plan_of_options(*command, *arguments);
  add_model_options(*command, arguments->common);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_recall(*arguments); });
}

} // namespace microfiche::apps
