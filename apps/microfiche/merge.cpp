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
  check_new_model_folder(to);
  CommonArguments common = arguments.common;
  common.device = "cpu";
  const auto loaded = open_model(common);
  save_model_folder(loaded, arguments.common, to);
  say(concat(to.string(), ": ", from.string(), " with ", common.adapter));
}

} // namespace

void add_merge(CLI::App& app) {
  auto arguments = std::make_shared<MergeArguments>();
  auto* command = app.add_subcommand(
      "merge",
      "microfiche merge runs/mine/adapter --model DeepSeek-OCR -o DeepSeek-OCR-mine\n\n"
      "Merges a LoRA adapter, a folder that `train` or PEFT wrote, into a model "
      "and writes the result as a new model folder. To use an adapter without "
      "merging, give --adapter to `read` and other commands.");
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
  add_model_folder_option(*command, arguments->common);
  add_threads_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_merge(*arguments); });
}

} // namespace microfiche::apps
