#include "command.h"

#include "core/error.h"
#include "core/terminal.h"
#include "model/state_dict.h"

#include <filesystem>
#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct QuantizeArguments {
  CommonArguments common;
  std::string output;
};

void run_quantize(const QuantizeArguments& arguments) {
  const std::filesystem::path from = model_folder(arguments.common);
  const std::filesystem::path to = arguments.output;
  check<UsageError>(
      !std::filesystem::exists(to / "model.safetensors"),
      to.string(),
      ": already holds a model; choose another folder");
  CommonArguments common = arguments.common;
  common.device = "cpu";
  auto loaded = open_model(common);
  model::quantize_linear_layers(loaded.model);
  loaded.placement.int8 = true;
  const auto tokenizer = from / "tokenizer.json";
  model::save_model(
      loaded,
      to,
      loaded.placement.dtype,
      std::filesystem::exists(tokenizer) ? tokenizer : "");
  say(concat(
      to.string(),
      ": ",
      std::filesystem::file_size(to / "model.safetensors") >> 20,
      " MiB of weights, the linear layers in int8"));
}

} // namespace

void add_quantize(CLI::App& app) {
  auto arguments = std::make_shared<QuantizeArguments>();
  auto* command = app.add_subcommand(
      "quantize",
      "microfiche quantize --model DeepSeek-OCR -o DeepSeek-OCR-int8\n\n"
      "Writes a model folder whose linear layers are int8, with one scale per "
      "output channel. It takes half the memory of bf16 and decodes 1.7 times "
      "faster on a CPU. `--dtype int8` does the same at every start.");
  command->add_option("-o,--output", arguments->output, "Folder to write")
      ->type_name("DIR")
      ->required();
  add_model_folder_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_quantize(*arguments); });
}

} // namespace microfiche::apps
