#include "command.h"

#include "core/error.h"
#include "core/terminal.h"
#include "model/adapter.h"
#include "model/prompt.h"

#include <ATen/Parallel.h>

namespace microfiche::apps {

namespace {

/// Where the nano model lies in an installed tree, from the program's folder,
/// and in the source tree.
constexpr const char* kInstalledModel = "../share/microfiche/models/nano";
constexpr const char* kSourceModel =
    MICROFICHE_SOURCE_DIR "/configs/models/nano";

} // namespace

void add_model_folder_option(CLI::App& command, CommonArguments& arguments) {
  command
      .add_option(
          "--model",
          arguments.model,
          "Model folder; default: the nano model that ships with the program")
      ->type_name("DIR");
}

void add_threads_option(CLI::App& command, CommonArguments& arguments) {
  command
      .add_option(
          "--threads", arguments.threads, "CPU threads; 0: one per core")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_placement_options(CLI::App& command, CommonArguments& arguments) {
  command.add_option("--device", arguments.device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str();
  command
      .add_option(
          "--dtype",
          arguments.dtype,
          "auto (the model's own), f32, bf16, int8 or int4")
      ->capture_default_str();
  add_threads_option(command, arguments);
}

void add_model_options(CLI::App& command, CommonArguments& arguments) {
  add_model_folder_option(command, arguments);
  command
      .add_option(
          "--adapter",
          arguments.adapter,
          "LoRA adapter to merge into the weights: a folder that `train` or PEFT "
          "wrote")
      ->type_name("DIR");
  add_placement_options(command, arguments);
}

void add_window_option(CLI::App& command, CommonArguments& arguments) {
  command
      .add_option(
          "--window",
          arguments.window,
          "Let the decoder see only this many last positions of its own output; "
          "default: the model's own, or all")
      ->check(CLI::PositiveNumber)
      ->type_name("W");
}

void add_page_options(CLI::App& command, PageArguments& arguments) {
  command
      .add_option(
          "input",
          arguments.input,
          "Image, PDF or text file; - is standard input")
      ->required();
  command
      .add_option(
          "--page",
          arguments.number,
          "Page to take from a PDF, a TIFF or a text of several pages, from 1")
      ->check(CLI::PositiveNumber);
  command
      .add_option(
          "--style",
          arguments.style,
          "Page style for a text, as `render` takes it")
      ->type_name("FILE");
}

page::PageImage load_page(
    const PageArguments& arguments,
    const model::ModelConfig& config,
    const page::ResolutionMode& mode) {
  const auto page = reading::find_page(
      arguments.input,
      arguments.number,
      {"", {}, reading::find_text_style(arguments.style, config, mode)});
  check<UsageError>(
      arguments.style.empty() || page.text,
      "--style has no effect: ",
      arguments.input,
      " is not a text");
  reading::TrainingWarnings training(config, mode);
  return load_page(page, training);
}

page::PageImage load_page(
    const reading::InputPage& page,
    reading::TrainingWarnings& training) {
  auto loaded = page.load();
  for (const auto& warning : loaded.warnings) {
    warn(concat(page.title(), ": ", warning));
  }
  for (const auto& warning : training.find(page, loaded.image)) {
    warn(concat(page.title(), ": ", warning));
  }
  return std::move(loaded.image);
}

void add_mode_option(CLI::App& command, std::string& mode) {
  command
      .add_option(
          "--mode",
          mode,
          "tiny, small, base, large, gundam, gundam-m (DeepSeek-OCR 2: dynamic, "
          "base, 768) or a mode of the model; default: the model's own")
      ->type_name("MODE");
}

void add_prompt_option(CLI::App& command, std::string& prompt) {
  command
      .add_option(
          "--prompt",
          prompt,
          "Prompt with <image> where the page goes, such as $'<image>\\nFree "
          "OCR.'; default: the model's own")
      ->check([](const std::string& text) {
        return text.empty()
            ? std::string(
                  "is empty, so the model would not see the page; leave "
                  "--prompt out for the model's own prompt, or write one with "
                  "<image>")
            : std::string();
      })
      ->type_name("TEXT");
}

void add_quiet_option(CLI::App& command, CommonArguments& arguments) {
  command.add_flag(
      "--quiet", arguments.quiet, "Print only warnings and errors to stderr");
}

void add_format_option(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

void add_seed_option(CLI::App& command, CommonArguments& arguments) {
  command.add_option("--seed", arguments.seed, "Seed of all random numbers")
      ->capture_default_str();
}

void add_set_option(CLI::App& command, CommonArguments& arguments) {
  command
      .add_option(
          "--set", arguments.set, "Set a field of the config; may be repeated")
      ->type_name("path.to.field=value")
      ->allow_extra_args(false);
}

void apply_common_arguments(const CommonArguments& arguments) {
  verbosity().quiet = arguments.quiet;
  if (arguments.threads > 0) {
    at::set_num_threads(static_cast<int>(arguments.threads));
  }
}

std::filesystem::path model_folder(const CommonArguments& arguments) {
  if (!arguments.model.empty()) {
    return arguments.model;
  }
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const auto installed = program.parent_path() / kInstalledModel;
  return std::filesystem::exists(installed) ? installed.lexically_normal()
                                            : kSourceModel;
}

model::LoadedModel open_model(const CommonArguments& arguments) {
  apply_common_arguments(arguments);
  const auto folder = model_folder(arguments);
  auto config = model::load_model_config(folder / "config.json");
  if (arguments.window > 0) {
    config.language.sliding_window_size = arguments.window;
  }
  const auto placement =
      model::find_placement(arguments.device, arguments.dtype, config.dtype());
  if (placement.bf16_matrices &&
      placement.weights == model::WeightFormat::kFloat) {
    say("this processor has no instructions for bf16: weights stay in bf16 and "
        "are multiplied in f32");
  }
  auto loaded = model::load_model(folder, config, placement);
  if (!arguments.adapter.empty()) {
    model::apply_adapter(loaded, arguments.adapter);
  }
  return loaded;
}

} // namespace microfiche::apps
