#pragma once

#include "model/loaded_model.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::apps {

/// Options that every command takes; a command that has no use for one refuses
/// to offer it rather than ignoring it.
struct CommonOptions {
  /// Model folder; the nano model that ships with the repository when empty.
  std::string model;
  /// LoRA adapter that goes into its weights; none when empty.
  std::string adapter;
  std::string device = "auto";
  std::string dtype = "auto";
  int64_t threads = 0;
  uint64_t seed = 0;
  bool quiet = false;
  /// `--set path.to.field=value`, in the order given.
  std::vector<std::string> set;
};

/// Adds --model, --adapter, --device, --dtype and --threads.
void add_model_options(CLI::App& command, CommonOptions& options);

/// Adds --quiet.
void add_quiet_option(CLI::App& command, CommonOptions& options);

/// Adds --seed.
void add_seed_option(CLI::App& command, CommonOptions& options);

/// Adds --set.
void add_set_option(CLI::App& command, CommonOptions& options);

/// Lets --quiet and --threads take effect.
void apply_common_options(const CommonOptions& options);

/// The folder that --model names, or that of the nano model which came with
/// this program.
std::filesystem::path model_folder(const CommonOptions& options);

/// Loads the model that the options name, after `apply_common_options`.
model::LoadedModel open_model(const CommonOptions& options);

// One function a command, each in the file of its name. It declares the
// options, an example as the first line of the help, and a callback that does
// the work and throws `Error`.
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
void add_bench(CLI::App& app);
void add_doctor(CLI::App& app);

} // namespace microfiche::apps
