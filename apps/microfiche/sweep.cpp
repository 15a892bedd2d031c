#include "command.h"
#include "memory_commands.h"

#include "analysis/run_analysis.h"
#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "memory/sweep/conversation_sweep_config.h"
#include "report/report.h"
#include "report/write_report.h"
#include "sweep/run/environment.h"
#include "sweep/run/load_sweep.h"
#include "sweep/run/model_reader.h"
#include "sweep/run/sweep.h"
#include "sweep/run/tesseract_reader.h"
#include "sweep/run/training_warnings.h"
#include "sweep/run/workers.h"
#include "sweep/sweep_cells.h"
#include "tokenizer/text_token_counter.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace microfiche::apps {
namespace {

struct SweepArguments {
  CommonArguments common;
  std::string config;
  std::string output;
  std::optional<uint64_t> seed;
  int64_t workers = 1;
  bool verbose = false;
};

/// The path of a text: as it is or, if there is no such file, in the source
/// tree, so that the configs of this repository work in any folder.
std::string find_text(const std::string& path) {
  const auto shipped = std::filesystem::path(MICROFICHE_SOURCE_DIR) / path;
  return !std::filesystem::exists(path) && std::filesystem::exists(shipped)
      ? shipped.string()
      : path;
}

/// The model that reads the cells; one model is in memory at a time.
class OpenModel {
 public:
  OpenModel(CommonArguments arguments, std::string reader)
      : arguments_(std::move(arguments)), default_reader_(std::move(reader)) {}

  /// The reader for a cell's model, dtype and window; by default those of the
  /// command.
  sweep::BatchReader& find(const sweep::Cell& cell) {
    auto arguments = arguments_;
    arguments.model = cell.model.value_or(arguments.model);
    arguments.dtype = cell.dtype.value_or(arguments.dtype);
    arguments.window = cell.window.value_or(arguments.window);
    const auto key =
        std::tuple(arguments.model, arguments.dtype, arguments.window);
    if (!loaded_ || key != key_) {
      others_.clear();
      reader_.reset();
      loaded_.reset();
      loaded_.emplace(open_model(arguments));
      reader_ = sweep::make_model_reader(
          *loaded_, text_compression::load_text_compressor(*loaded_));
      key_ = key;
    }
    return find(cell.reader.value_or(default_reader_));
  }

  /// The model that `find` opened last.
  const model::LoadedModel& loaded() const {
    return *loaded_;
  }

 private:
  /// The reader of that name, see `SweepConfig::reader`, of the open model.
  sweep::BatchReader& find(const std::string& reader) {
    if (reader == "model") {
      return *reader_;
    }
    auto& other = others_[reader];
    if (other == nullptr) {
      other = reader == "text" ? sweep::make_text_question_reader(*loaded_)
                               : sweep::make_tesseract_reader(*reader_);
    }
    return *other;
  }

  CommonArguments arguments_;
  std::string default_reader_;
  std::tuple<std::string, std::string, int64_t> key_;
  std::optional<model::LoadedModel> loaded_;
  std::unique_ptr<sweep::BatchReader> reader_;
  std::map<std::string, std::unique_ptr<sweep::BatchReader>> others_;
};

/// The provenance of every model, dtype and window of a sweep. Opens each, so
/// that a broken one is reported before the first page. Prints each
/// warning once if `warns`.
Json models_of(const sweep::SweepConfig& config, OpenModel& model, bool warns) {
  Json models = Json::array();
  std::set<std::string> warned;
  for (const auto& cell : sweep::cells_of(config)) {
    auto provenance = model.find(cell).provenance();
    auto warnings =
        sweep::training_warnings(config, cell, model.loaded().config);
    if (auto unused = sweep::unused_draft_warning(config, model.loaded())) {
      warnings.push_back(std::move(*unused));
    }
    for (auto& warning : warnings) {
      if (warned.insert(warning).second && warns) {
        warn(warning);
      }
    }
    if (std::find(models.begin(), models.end(), provenance) == models.end()) {
      models.push_back(std::move(provenance));
    }
  }
  return models;
}

sweep::SweepConfig read_sweep(const SweepArguments& arguments) {
  auto config = sweep::load_sweep(arguments.config, arguments.common.set);
  if (!arguments.common.model.empty()) {
    config.model = arguments.common.model;
    config.models.clear();
  }
  if (arguments.seed) {
    config.seed = *arguments.seed;
    config.seeds.clear();
  }
  for (auto& text : config.texts) {
    text = find_text(text);
  }
  for (auto& [name, texts] : config.sources) {
    for (auto& text : texts) {
      text = find_text(text);
    }
  }
  return config;
}

/// Writes the report of the run and prints its overview.
void report_run(const std::filesystem::path& folder) {
  const auto made = report::make_report({analysis::analyze_run(folder)});
  report::write_run_report(made);
  write_file("-", report::terminal_report(made.runs.front()));
}

/// Runs one worker.
void run_worker(
    sweep::SweepConfig config,
    CommonArguments common,
    const std::filesystem::path& folder,
    const sweep::Worker& worker,
    bool verbose) {
  // Only the first worker prints.
  common.quiet = common.quiet || worker.rank > 0;
  common.model = config.model;
  OpenModel model(common, config.reader);
  sweep::Cell first;
  if (!config.models.empty()) {
    first.model = config.models.front();
  }
  config = sweep::complete_config(config, model.find(first));
  if (verbose) {
    say(write_config(config).dump(2));
  }

  std::vector<std::string> fonts;
  for (const auto& style : config.styles) {
    const auto own = sweep::fonts_of(style);
    fonts.insert(fonts.end(), own.begin(), own.end());
  }
  const auto models = models_of(config, model, /*warns=*/worker.rank == 0);
  auto environment =
      sweep::describe_environment(models.front(), fonts, at::get_num_threads());
  if (models.size() > 1) {
    environment["models"] = models;
  }
  sweep::run_sweep(
      config,
      [&](const sweep::Cell& cell) -> auto& { return model.find(cell); },
      tokenizer::count_text_tokens,
      environment,
      folder,
      worker,
      [&] { report_run(folder); });
}

void sweep(const SweepArguments& arguments) {
  const std::filesystem::path folder = arguments.output.empty()
      ? std::filesystem::path("runs") /
          std::filesystem::path(arguments.config).stem()
      : std::filesystem::path(arguments.output);
  if (memory::is_conversation_sweep(arguments.config)) {
    check<UsageError>(
        arguments.workers == 1,
        "--workers: a sweep over conversations runs in one process");
    check<UsageError>(
        !arguments.verbose,
        "--verbose has no effect on a sweep over conversations");
    run_conversation_sweep(
        arguments.config, arguments.common, arguments.seed, folder);
    return;
  }
  const auto config = read_sweep(arguments);
  auto common = arguments.common;
  auto worker = sweep::worker_of_environment();
  if (arguments.workers > 1) {
    check<UsageError>(
        worker.count == 1,
        "--workers starts workers on this machine, but RANK and WORLD_SIZE make "
        "this process a worker already; use one of the two");
    const auto started = sweep::become_workers(arguments.workers);
    if (!started) {
      return;
    }
    worker = *started;
    if (common.threads == 0 && std::getenv("OMP_NUM_THREADS") == nullptr) {
      common.threads = std::max<int64_t>(
          std::thread::hardware_concurrency() / arguments.workers, 1);
    }
  }
  run_worker(config, common, folder, worker, arguments.verbose);
}

} // namespace

void add_sweep(CLI::App& app) {
  auto arguments = std::make_shared<SweepArguments>();
  auto* command = app.add_subcommand(
      "sweep",
      "microfiche sweep configs/sweeps/nano.json -o runs/nano\n\n"
      "Renders text at several lengths, reads the pages back, scores them and "
      "writes a report. The same command resumes an interrupted run. With "
      "--workers, or under torchrun --no-python, several processes share the "
      "work.");
  command->add_option("config", arguments->config, "Sweep config")->required();
  command
      ->add_option(
          "-o,--output",
          arguments->output,
          "Run folder; default: runs/NAME of the config")
      ->type_name("DIR");
  command
      ->add_option(
          "--workers",
          arguments->workers,
          "Processes that share the work and the cores")
      ->check(whole_number())
      ->capture_default_str();
  add_model_options(*command, arguments->common);
  command
      ->add_option(
          "--seed",
          arguments->seed,
          "Seed of pages, conditions and controls; default: the config's")
      ->check(seed_number());
  command->add_flag(
      "--verbose",
      arguments->verbose,
      "Print the complete config before the first page");
  add_set_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { sweep(*arguments); });
}

} // namespace microfiche::apps
