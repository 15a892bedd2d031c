#include "command.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "generation/benchmark.h"
#include "generation/draft_benchmark.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

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

/// Prints the times, and throws when a draft changed an id.
void run_drafted(const BenchArguments& arguments, model::LoadedModel& loaded) {
  generation::DraftBenchmarkConfig draft;
  draft.ids = arguments.steps.value_or(draft.ids);
  draft.error_percent = arguments.draft_error.value_or(draft.error_percent);
  auto timings = generation::time_drafts(
      loaded, loaded.find_mode(arguments.mode), arguments.config, draft);
  write_file(
      "-",
      arguments.format == "table" ? generation::draft_report(timings)
                                  : write_config(timings).dump(2) + "\n");
  if (!timings.is_lossless) {
    throw Error(
        ExitCode::kFailure,
        "bench: ids with a draft differ from those without, and not only where "
        "two logits are equal but for rounding; this is a bug");
  }
}

void run_bench(BenchArguments arguments) {
  auto& config = arguments.config;
  config.seed = arguments.common.seed;
  config.steps = arguments.steps.value_or(config.steps);
  const bool is_drafted = std::ranges::count(config.what, "drafted") > 0;
  check<UsageError>(
      !is_drafted || config.what.size() == 1,
      "--what drafted: decodes with and without a draft by turns; run it "
      "without other stages");
  check<UsageError>(
      is_drafted || !arguments.draft_error,
      "--draft-error has no effect without --what drafted");
  auto loaded = open_model(arguments.common);
  if (is_drafted) {
    run_drafted(arguments, loaded);
    return;
  }
  auto timings =
      generation::time_stages(loaded, loaded.find_mode(arguments.mode), config);
  if (arguments.format == "table") {
    write_file("-", to_text(generation::timing_table(timings)));
    return;
  }
  Json json = Json::array();
  for (auto& timing : timings) {
    json.push_back(write_config(timing));
  }
  write_file("-", json.dump(2) + "\n");
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
      "`drafted` compares decoding with and without a draft, and fails when an "
      "id differs.");
  command->add_option("--what", config.what, "encode, prefill, decode; drafted")
      ->delimiter(',')
      ->check(CLI::IsMember({"encode", "prefill", "decode", "drafted"}))
      ->capture_default_str();
  add_mode_option(*command, arguments->mode);
  command
      ->add_option(
          "--positions",
          config.positions,
          "Length of the prompt; default: one page")
      ->check(CLI::PositiveNumber);
  command
      ->add_option(
          "--outputs",
          config.outputs,
          "Ids that the answer has before decode is timed")
      ->check(CLI::NonNegativeNumber)
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
      ->check(CLI::PositiveNumber);
  command
      ->add_option(
          "--draft-error",
          arguments->draft_error,
          "Percent of the draft's ids that are wrong; default: 3")
      ->check(CLI::Range(0.0, 100.0));
  command->add_option("--batch", config.batch, "Pages at the same time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--repeat", config.repeat, "Timed runs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_format_option(*command, arguments->format);
  add_model_options(*command, arguments->common);
  add_window_option(*command, arguments->common);
  add_seed_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_bench(*arguments); });
}

} // namespace microfiche::apps
