#include "command.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "generation/benchmark.h"
#include "generation/speed_summary.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace microfiche::apps {
namespace {

struct BenchArguments {
  CommonArguments common;
  generation::BenchmarkConfig config;
  /// What --steps and --draft-error say.
  std::optional<int64_t> steps;
  std::optional<double> draft_error;
  std::string mode;
  std::string format = "table";
};

void print(const BenchArguments& arguments, const Table& table, Json json) {
  write_file(
      "-",
      arguments.format == "json"        ? json.dump(2) + "\n"
          : arguments.format == "table" ? to_text(table)
                                        : to_markdown(table));
}

/// Throws when a draft changed an id.
void check_lossless(const generation::DraftTimings& timings) {
  if (!timings.is_lossless) {
    throw Error(
        ExitCode::kFailure,
        "bench: ids with a draft differ from those without, and not only where "
        "two logits are equal but for rounding; this is a bug");
  }
}

generation::DraftBenchmarkConfig draft_config(const BenchArguments& arguments) {
  generation::DraftBenchmarkConfig draft;
  draft.ids = arguments.steps.value_or(draft.ids);
  draft.error_percent = arguments.draft_error.value_or(draft.error_percent);
  return draft;
}

void run_drafted(const BenchArguments& arguments, model::LoadedModel& loaded) {
  auto timings = generation::time_drafts(
      loaded,
      loaded.find_mode(arguments.mode),
      arguments.config,
      draft_config(arguments));
  if (arguments.format == "table") {
    write_file("-", generation::draft_report(timings));
  } else {
    print(
        arguments,
        generation::timing_table({timings.plain, timings.drafted}),
        write_config(timings));
  }
  check_lossless(timings);
}

void run_all(const BenchArguments& arguments, model::LoadedModel& loaded) {
  auto summary = generation::summarize_speed(
      loaded,
      loaded.find_mode(arguments.mode),
      arguments.config,
      draft_config(arguments));
  print(arguments, generation::speed_table(summary), write_config(summary));
  check_lossless(summary.drafts);
}

void run_stages(const BenchArguments& arguments, model::LoadedModel& loaded) {
  auto timings = generation::time_stages(
      loaded, loaded.find_mode(arguments.mode), arguments.config);
  Json json = Json::array();
  for (auto& timing : timings) {
    json.push_back(write_config(timing));
  }
  print(arguments, generation::timing_table(timings), std::move(json));
}

void run_bench(BenchArguments arguments) {
  auto& config = arguments.config;
  config.seed = arguments.common.seed;
  config.steps = arguments.steps.value_or(config.steps);
  const auto asks_for = [&](const char* what) {
    return std::ranges::count(config.what, what) > 0;
  };
  check<UsageError>(
      !asks_for("drafted") || config.what.size() == 1,
      "--what drafted: decodes with and without a draft by turns; run it "
      "without other stages");
  check<UsageError>(
      !asks_for("all") || config.what.size() == 1,
      "--what all: runs every stage; leave the others out");
  check<UsageError>(
      !asks_for("all") || config.batch == 1,
      "--what all: times one page; leave out --batch");
  check<UsageError>(
      asks_for("drafted") || asks_for("all") || !arguments.draft_error,
      "--draft-error has no effect without --what drafted or all");
  auto loaded = open_model(arguments.common);
  if (asks_for("drafted")) {
    run_drafted(arguments, loaded);
  } else if (asks_for("all")) {
    run_all(arguments, loaded);
  } else {
    run_stages(arguments, loaded);
  }
}

} // namespace

void add_bench(CLI::App& app) {
  auto arguments = std::make_shared<BenchArguments>();
  auto& config = arguments->config;
  auto* command = app.add_subcommand(
      "bench",
      "microfiche bench --what encode --mode base --threads 1\n\n"
      "Times the stages of the model on this machine with dummy pages. Tokens "
      "are vision tokens in encode, positions in prefill, ids in decode. "
      "`drafted` compares decoding with and without a draft, and fails if an "
      "id differs, ties in rounding aside. `all` prints one row with "
      "everything and the memory's bandwidth.");
  command
      ->add_option(
          "--what", config.what, "encode, prefill, decode; drafted; all")
      ->delimiter(',')
      ->check(CLI::IsMember({"encode", "prefill", "decode", "drafted", "all"}))
      ->capture_default_str();
  add_mode_option(*command, arguments->mode);
  command
      ->add_option(
          "--positions",
          config.positions,
          "Length of the prompt; default: one page")
      ->check(whole_number());
  command
      ->add_option(
          "--outputs",
          config.outputs,
          "Ids that the answer has before decode is timed")
      ->check(whole_number(0))
      ->capture_default_str();
  command
      ->add_option(
          "--steps",
          arguments->steps,
          concat(
              "Ids to decode per run; default: ",
              config.steps,
              ", for drafted ",
              generation::DraftBenchmarkConfig().ids))
      ->check(whole_number());
  command
      ->add_option(
          "--draft-error",
          arguments->draft_error,
          "Percent of the draft's ids that are wrong; default: 3")
      ->check(number_between(0, 100));
  command->add_option("--batch", config.batch, "Pages at the same time")
      ->check(whole_number())
      ->capture_default_str();
  command->add_option("--repeat", config.repeat, "Timed runs")
      ->check(whole_number())
      ->capture_default_str();
  command->add_option("--format", arguments->format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str();
  add_model_options(*command, arguments->common);
  add_window_option(*command, arguments->common);
  add_seed_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_bench(*arguments); });
}

} // namespace microfiche::apps
