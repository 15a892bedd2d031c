#include "command.h"

#include "checkpoint/sharded_checkpoint.h"
#include "core/config.h"
#include "core/error.h"
#include "core/terminal.h"
#include "model/adapter.h"
#include "model/prompt.h"
#include "text_compression/text_compressor_file.h"

#include <ATen/Parallel.h>

namespace microfiche::apps {

namespace {

/// More threads than any machine has cores.
constexpr int64_t kMaxThreads = 4096;

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

CLI::Validator seed_number() {
  return {
      [](const std::string& text) {
        uint64_t value = 0;
        return !text.starts_with('-') && CLI::detail::lexical_cast(text, value)
            ? std::string()
            : concat("expected a whole number from 0 to 2^64 - 1, got ", text);
      },
      "N >= 0"};
}

CLI::Validator number_between(double low, double high) {
  return {
      [low, high](const std::string& text) {
        double value = 0;
        return CLI::detail::lexical_cast(text, value) && value >= low &&
                value <= high
            ? std::string()
            : concat(
                  "expected a number from ", low, " to ", high, ", got ", text);
      },
      concat("NUMBER in [", low, ", ", high, "]")};
}

CLI::Validator whole_number(int64_t first, int64_t last) {
  const bool bounded = last < std::numeric_limits<int64_t>::max();
  auto range = concat("from ", first, bounded ? concat(" to ", last) : " on");
  return {
      [first, last, range](const std::string& text) {
        int64_t value = 0;
        return CLI::detail::lexical_cast(text, value) && value >= first &&
                value <= last
            ? std::string()
            : concat("expected a whole number ", range, ", got ", text);
      },
      bounded ? concat("N in [", first, ", ", last, "]")
              : concat("N >= ", first)};
}

void check_not_input(
    const std::string& output,
    const std::vector<std::string>& inputs) {
  for (const auto& input : inputs) {
    std::error_code error;
    check<UsageError>(
        !std::filesystem::equivalent(output, input, error),
        "-o ",
        output,
        ": is the input, which it would replace; name another file");
  }
}

void add_threads_option(CLI::App& command, CommonArguments& arguments) {
  command
      .add_option(
          "--threads", arguments.threads, "CPU threads; 0: one per core")
      ->check(whole_number(0, kMaxThreads))
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
      ->check(whole_number())
      ->type_name("W");
}

std::optional<model::ModelConfig> find_model_config(
    const CommonArguments& arguments) {
  const auto file = model_folder(arguments) / "config.json";
  if (arguments.model.empty() && !std::filesystem::exists(file)) {
    return std::nullopt;
  }
  return model::load_model_config(file);
}

rendering::PageStyle load_page_style(
    const std::string& file,
    const CommonArguments& arguments,
    const std::optional<model::ModelConfig>& config) {
  if (!file.empty()) {
    return load_config<rendering::PageStyle>(file, arguments.set);
  }
  Json json = Json::object();
  if (config && config->toolkit.trained_on &&
      !config->toolkit.trained_on->page_style.is_null()) {
    json = config->toolkit.trained_on->page_style;
  }
  for (const auto& assignment : arguments.set) {
    apply_override(json, assignment);
  }
  return read_config<rendering::PageStyle>(json, "page style");
}

void check_new_model_folder(const std::filesystem::path& folder) {
  check<UsageError>(
      !std::filesystem::exists(folder) ||
          (!checkpoint::Checkpoint::is_in(folder) &&
           !std::filesystem::exists(folder / "config.json")),
      folder.string(),
      ": already holds a model; choose another folder");
}

void save_model_folder(
    const model::LoadedModel& loaded,
    const CommonArguments& from,
    const std::filesystem::path& to) {
  const auto tokenizer = model_folder(from) / "tokenizer.json";
  // Without its compressor the model would read pages and not texts.
  check(
      !text_compression::has_text_compressor(model_folder(from)),
      model_folder(from).string(),
      ": has a text compressor, which this command cannot write; use the model "
      "as it is");
  model::save_model(
      loaded,
      to,
      model::weights_dtype(loaded.placement),
      std::filesystem::exists(tokenizer) ? tokenizer : "");
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
      ->type_name("N")
      ->check(whole_number());
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
      ->check(seed_number())
      ->capture_default_str();
}

void add_set_option(
    CLI::App& command,
    CommonArguments& arguments,
    const std::string& help) {
  command.add_option("--set", arguments.set, help)
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
