#include "command.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "experiments/runner/environment.h"
#include "experiments/runner/model_reader.h"
#include "experiments/runner/report.h"
#include "experiments/runner/summary_table.h"
#include "experiments/runner/sweep.h"
#include "tokenizer/text_token_counter.h"

#include <ATen/Parallel.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace microfiche::apps {
namespace {

struct SweepOptions {
  CommonOptions common;
  std::string config;
  std::string output;
  std::optional<uint64_t> seed;
};

/// Text that is not where the command runs is looked for in the source tree, so
/// that a config of this repository works from anywhere.
std::string find_text(const std::string& path) {
  const auto shipped = std::filesystem::path(MICROFICHE_SOURCE_DIR) / path;
  return !std::filesystem::exists(path) && std::filesystem::exists(shipped)
      ? shipped.string()
      : path;
}

void sweep(const SweepOptions& options) {
  auto config =
      load_config<experiments::SweepConfig>(options.config, options.common.set);
  auto common = options.common;
  if (!common.model.empty()) {
    config.model = common.model;
  }
  common.model = config.model;
  config.seed = options.seed.value_or(config.seed);
  for (auto& text : config.texts) {
    text = find_text(text);
  }
  const std::filesystem::path folder = options.output.empty()
      ? std::filesystem::path("runs") /
          std::filesystem::path(options.config).stem()
      : std::filesystem::path(options.output);

  auto loaded = open_model(common);
  const auto reader =
      experiments::make_model_reader(loaded, config.prompt, config.generation);
  config = experiments::complete_config(config, reader);
  say(write_config(config).dump(2));

  std::vector<std::string> fonts;
  for (const auto& style : config.styles) {
    fonts.insert(fonts.end(), style.fonts.begin(), style.fonts.end());
  }
  experiments::run_sweep(
      config,
      reader,
      tokenizer::count_text_tokens,
      experiments::describe_environment(
          reader.provenance, fonts, at::get_num_threads()),
      folder);

  const auto report = experiments::load_reported_run(folder);
  experiments::write_reports(report);
  write_file(
      "-",
      experiments::to_text(experiments::overview_table(report.summary)) + "\n" +
          experiments::headline_of(report) + "\n");
  say("report: " + (folder / "report.html").string());
}

} // namespace

void add_sweep(CLI::App& app) {
  auto options = std::make_shared<SweepOptions>();
  auto* command = app.add_subcommand(
      "sweep",
      "microfiche sweep configs/sweeps/nano.json -o runs/nano\n\n"
      "Renders text at several lengths, reads the pages back and scores them. "
      "The same command again goes on where it was stopped.");
  command->add_option("config", options->config, "Sweep config")->required();
  command
      ->add_option(
          "-o,--output",
          options->output,
          "Run folder; runs/<name of the config> when absent")
      ->type_name("DIR");
  add_model_options(*command, options->common);
  command->add_option(
      "--seed",
      options->seed,
      "Seeds every random draw; the config's when left out");
  add_set_option(*command, options->common);
  add_quiet_option(*command, options->common);
  command->callback([options] { sweep(*options); });
}

} // namespace microfiche::apps
