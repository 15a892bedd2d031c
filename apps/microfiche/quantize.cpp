#include "command.h"

#include "core/error.h"
#include "core/terminal.h"
#include "model/int4_preset.h"
#include "model/state_dict.h"

#include <filesystem>
#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct QuantizeArguments {
  CommonArguments common;
  std::string output;
  std::string dtype = "int8";
  model::Int4Options int4;
};

model::Quantization find_quantization(
    const QuantizeArguments& arguments,
    const model::ModelConfig& config) {
  if (arguments.dtype == "int4") {
    return model::int4_quantization(config, arguments.int4);
  }
  const model::Int4Options defaults;
  check<UsageError>(
      arguments.int4.group_size == defaults.group_size &&
          !arguments.int4.zero_points && !arguments.int4.encoder &&
          arguments.int4.int8_layers == defaults.int8_layers &&
          arguments.int4.float_layers.empty(),
      "--group-size, --zero-points, --encoder, --int8 and --keep need --dtype int4");
  return model::int8_quantization();
}

void run_quantize(const QuantizeArguments& arguments) {
  const std::filesystem::path from = model_folder(arguments.common);
  const std::filesystem::path to = arguments.output;
  check_new_model_folder(to);
  CommonArguments common = arguments.common;
  common.device = "cpu";
  auto loaded = open_model(common);
  check(
      loaded.quantization.groups.empty(),
      from.string(),
      ": its weights are ",
      model::format_name(loaded.placement.weights),
      " already; use the folder of the model before quantization");
  loaded.quantization = find_quantization(arguments, loaded.config);
  model::quantize_linear_layers(loaded.model, loaded.quantization);
  loaded.placement.weights = loaded.quantization.format();
  save_model_folder(loaded, arguments.common, to);
  say(concat(
      to.string(),
      ": ",
      std::filesystem::file_size(to / "model.safetensors") >> 20,
      " MiB of weights, the linear layers in ",
      arguments.dtype));
}

} // namespace

void add_quantize(CLI::App& app) {
  auto arguments = std::make_shared<QuantizeArguments>();
  auto* command = app.add_subcommand(
      "quantize",
      "microfiche quantize --model DeepSeek-OCR -o DeepSeek-OCR-int8\n\n"
      "Writes a model folder whose linear layers are int8, with one scale per "
      "output channel, or int4, with one scale per group of inputs. "
      "int8 takes half the memory of bf16, int4 about a third, and both "
      "decode faster on a CPU. `--dtype int8` and `int4` of other commands do "
      "the same at every start.");
  command->add_option("-o,--output", arguments->output, "Folder to write")
      ->type_name("DIR")
      ->required();
  command->add_option("--dtype", arguments->dtype, "int8 or int4")
      ->check(CLI::IsMember({"int8", "int4"}))
      ->capture_default_str();
  command
      ->add_option(
          "--group-size",
          arguments->int4.group_size,
          "int4: inputs per scale, 32, 64 or 128")
      ->capture_default_str();
  command->add_flag(
      "--zero-points",
      arguments->int4.zero_points,
      "int4: store a zero point per group");
  command->add_flag(
      "--encoder",
      arguments->int4.encoder,
      "int4: round the encoder to int4, too; without it, to int8");
  command
      ->add_option(
          "--int8",
          arguments->int4.int8_layers,
          "int4: linear layers to round to int8 instead; published names, with * "
          "for any text; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--keep",
          arguments->int4.float_layers,
          "int4: linear layers to leave as they are; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  add_model_folder_option(*command, arguments->common);
  add_threads_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_quantize(*arguments); });
}

} // namespace microfiche::apps
