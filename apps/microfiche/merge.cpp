#include "command.h"

#include "core/error.h"
#include "core/terminal.h"

#include <filesystem>
#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct MergeArguments {
  CommonArguments common;
  std::string output;
};

void run_merge(const MergeArguments& arguments) {
  const std::filesystem::path from = model_folder(arguments.common);
  const std::filesystem::path to = arguments.output;
  check<UsageError>(
      !std::filesystem::exists(to / "model.safetensors"),
      to.string(),
      ": there is a model in it; give another folder");
  CommonArguments common = arguments.common;
  common.device = "cpu";
  const auto loaded = open_model(common);
  const auto tokenizer = from / "tokenizer.json";
  model::save_model(
      loaded,
      to,
      loaded.placement.dtype,
      std::filesystem::exists(tokenizer) ? tokenizer : "");
  say(concat(to.string(), ": ", from.string(), " with ", common.adapter));
}

} // namespace

void add_merge(CLI::App& app) {
  auto arguments = std::make_shared<MergeArguments>();
  auto* command = app.add_subcommand(
      "merge",
      "microfiche merge runs/mine/adapter --model DeepSeek-OCR -o DeepSeek-OCR-mine\n\n"
      "Writes a model folder whose weights hold a LoRA adapter, which is a "
      "folder as `train` or PEFT writes it. `--adapter` of the commands that "
      "read does the same each time that they load.");
  command
      ->add_option(
          "adapter",
          arguments->common.adapter,
          "Folder with adapter_config.json and adapter_model.safetensors")
      ->type_name("DIR")
      ->required();
  command->add_option("-o,--output", arguments->output, "Folder to write")
      ->type_name("DIR")
      ->required();
  command
      ->add_option(
          "--model",
          arguments->common.model,
          "Model folder; the nano model of this program when left out")
      ->type_name("DIR");
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_merge(*arguments); });
}

} // namespace microfiche::apps
