#include "command.h"

#include "core/error.h"
#include "core/terminal.h"
#include "model/adapter.h"

#include <ATen/Parallel.h>

namespace microfiche::apps {

namespace {

/// Where the nano model lies in an installed tree, from the program's folder,
/// and in the source tree.
constexpr const char* kInstalledModel = "../share/microfiche/models/nano";
constexpr const char* kSourceModel =
    MICROFICHE_SOURCE_DIR "/configs/models/nano";

} // namespace

void add_model_options(CLI::App& command, CommonOptions& options) {
  command
      .add_option(
          "--model",
          options.model,
          "Model folder; the nano model of this program when left out")
      ->type_name("DIR");
  command
      .add_option(
          "--adapter",
          options.adapter,
          "LoRA adapter to put into the weights, a folder as `train` or PEFT "
          "writes it")
      ->type_name("DIR");
  command.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str();
  command
      .add_option(
          "--dtype",
          options.dtype,
          "auto (as the model's config.json says), f32, bf16 or int8")
      ->capture_default_str();
  command
      .add_option(
          "--threads", options.threads, "CPU threads; 0 is one for each core")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_quiet_option(CLI::App& command, CommonOptions& options) {
  command.add_flag(
      "--quiet", options.quiet, "No progress and no remarks on stderr");
}

void add_seed_option(CLI::App& command, CommonOptions& options) {
  command.add_option("--seed", options.seed, "Seeds every random draw")
      ->capture_default_str();
}

void add_set_option(CLI::App& command, CommonOptions& options) {
  command
      .add_option(
          "--set", options.set, "Sets a field of the config; may come again")
      ->type_name("path.to.field=value")
      ->allow_extra_args(false);
}

void apply_common_options(const CommonOptions& options) {
  verbosity().quiet = options.quiet;
  if (options.threads > 0) {
    at::set_num_threads(static_cast<int>(options.threads));
  }
}

std::filesystem::path model_folder(const CommonOptions& options) {
  if (!options.model.empty()) {
    return options.model;
  }
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const auto installed = program.parent_path() / kInstalledModel;
  return std::filesystem::exists(installed) ? installed.lexically_normal()
                                            : kSourceModel;
}

model::LoadedModel open_model(const CommonOptions& options) {
  apply_common_options(options);
  const auto folder = model_folder(options);
  // Without a folder nothing is known; `load_model` says what is missing.
  const std::string torch_dtype = std::filesystem::is_directory(folder)
      ? model::load_model_config(folder / "config.json").torch_dtype()
      : "";
  auto loaded = model::load_model(
      folder,
      model::find_placement(options.device, options.dtype, torch_dtype));
  if (!options.adapter.empty()) {
    model::apply_adapter(loaded, options.adapter);
  }
  return loaded;
}

} // namespace microfiche::apps
