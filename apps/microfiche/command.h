#pragma once

#include "model/loaded_model.h"
#include "reading/input_page.h"
#include "reading/training_warnings.h"
#include "rendering/page_style.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::apps {

/// Arguments that many commands take. A command offers only those that have an
/// effect on it.
struct CommonArguments {
  /// Model folder; the nano model that ships with the repository when empty.
  std::string model;
  /// LoRA adapter to merge into its weights; none when empty.
  std::string adapter;
  std::string device = "auto";
  std::string dtype = "auto";
  /// `--window`; 0: the model's own, if it has one.
  int64_t window = 0;
  int64_t threads = 0;
  uint64_t seed = 0;
  bool quiet = false;
  /// `--set path.to.field=value`, in the order given.
  std::vector<std::string> set;
};

/// A whole number from `first` to `last`.
CLI::Validator whole_number(
    int64_t first = 1,
    int64_t last = std::numeric_limits<int64_t>::max());

/// A number from `low` to `high`, which NaN is not; `CLI::Range` takes NaN.
CLI::Validator number_between(double low, double high);

/// A seed: any 64 bits, without a sign.
CLI::Validator seed_number();

/// Throws `UsageError` if the output file is one of the inputs, which it would
/// replace.
void check_not_input(
    const std::string& output,
    const std::vector<std::string>& inputs);

/// Adds --model.
void add_model_folder_option(CLI::App& command, CommonArguments& arguments);

/// Adds --device, --dtype and --threads.
void add_placement_options(CLI::App& command, CommonArguments& arguments);

/// Adds --model, --adapter and the options of placement.
void add_model_options(CLI::App& command, CommonArguments& arguments);

/// Adds --window.
void add_window_option(CLI::App& command, CommonArguments& arguments);

/// The page of a command that takes one page.
struct PageArguments {
  std::string input;
  int64_t number = 0;
  /// Page style of a text, a file.
  std::string style;
};

/// The config of the model that pages are for; none if no --model names it and
/// the nano model is not there.
std::optional<model::ModelConfig> find_model_config(
    const CommonArguments& arguments);

/// The page style of `file` (--style); without it, the style that the model
/// states it reads, or else the default style. With the values of --set.
rendering::PageStyle load_page_style(
    const std::string& file,
    const CommonArguments& arguments,
    const std::optional<model::ModelConfig>& config);

/// Throws `UsageError` if a model is in the folder already.
void check_new_model_folder(const std::filesystem::path& folder);

/// Writes a model folder: the weights in their number type, the config, and the
/// tokenizer of the folder that the model comes from.
void save_model_folder(
    const model::LoadedModel& loaded,
    const CommonArguments& from,
    const std::filesystem::path& to);

/// Adds INPUT, --page and --style.
void add_page_options(CLI::App& command, PageArguments& arguments);

/// Loads the page; prints its warnings, those about what the model was trained
/// on too. See `reading::find_page`.
page::PageImage load_page(
    const PageArguments& arguments,
    const model::ModelConfig& config,
    const page::ResolutionMode& mode);

/// Loads a page; prints its warnings and those that `training` finds first.
page::PageImage load_page(
    const reading::InputPage& page,
    reading::TrainingWarnings& training);

/// Adds --mode.
void add_mode_option(CLI::App& command, std::string& mode);

/// Adds --prompt, which is checked as `model::validate_prompt` does.
void add_prompt_option(CLI::App& command, std::string& prompt);

/// Adds --threads.
void add_threads_option(CLI::App& command, CommonArguments& arguments);

/// Adds --quiet.
void add_quiet_option(CLI::App& command, CommonArguments& arguments);

/// Adds --format: how the result is written to stdout.
void add_format_option(CLI::App& command, std::string& format);

/// Adds --seed.
void add_seed_option(CLI::App& command, CommonArguments& arguments);

/// Adds --set.
void add_set_option(
    CLI::App& command,
    CommonArguments& arguments,
    const std::string& help = "Set a field of the config; may be repeated");

/// Applies --quiet and --threads.
void apply_common_arguments(const CommonArguments& arguments);

/// The folder that --model names; without it, the nano model that ships with
/// this program.
std::filesystem::path model_folder(const CommonArguments& arguments);

/// Applies the common arguments and loads the model that they name.
model::LoadedModel open_model(const CommonArguments& arguments);

// One function per command, in the file of the command's name; small `memory`
// commands share the file of a related one, see memory_commands.h. It declares
// the options, the help with examples first, and a callback that does the work
// and throws `Error`.
void add_render(CLI::App& app);
void add_encode(CLI::App& app);
void add_read(CLI::App& app);
void add_trace(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_score(CLI::App& app);
void add_sweep(CLI::App& app);
void add_report(CLI::App& app);
void add_compare(CLI::App& app);
void add_train(CLI::App& app);
void add_inspect(CLI::App& app);
void add_quantize(CLI::App& app);
void add_merge(CLI::App& app);
void add_serve(CLI::App& app);
void add_bench(CLI::App& app);
void add_memory(CLI::App& app);
void add_verify(CLI::App& app);
void add_doctor(CLI::App& app);

} // namespace microfiche::apps
