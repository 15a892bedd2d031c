#include "command.h"

#include "core/config.h"
#include "core/files.h"
#include "generation/benchmark.h"

#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct BenchArguments {
  CommonArguments common;
  generation::BenchmarkConfig config;
  std::string mode;
  std::string format = "table";
};

void run_bench(BenchArguments arguments) {
  arguments.config.seed = arguments.common.seed;
  auto loaded = open_model(arguments.common);
  auto timings = generation::time_stages(
      loaded, loaded.find_mode(arguments.mode), arguments.config);
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
      "are vision tokens in encode, positions in prefill, ids in decode.");
  command->add_option("--what", config.what, "encode, prefill, decode")
      ->delimiter(',')
      ->check(CLI::IsMember({"encode", "prefill", "decode"}))
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
  command->add_option("--steps", config.steps, "Ids to decode per run")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
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
