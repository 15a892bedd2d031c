#include "command.h"

#include "core/config.h"
#include "core/memory_use.h"
#include "core/terminal.h"
#include "model/device.h"
#include "training/distributed/process_group.h"
#include "training/trainer.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

namespace microfiche::apps {
namespace {

struct TrainArguments {
  CommonArguments common;
  std::string config;
  std::string output;
  std::optional<double> max_minutes;
};

void train(const TrainArguments& arguments) {
  apply_common_arguments(arguments.common);
  auto config = load_config<training::TrainingConfig>(
      arguments.config, arguments.common.set);
  config.max_minutes = arguments.max_minutes.value_or(config.max_minutes);
  const std::filesystem::path folder = arguments.output.empty()
      ? std::filesystem::path("runs") /
          std::filesystem::path(arguments.config).stem()
      : std::filesystem::path(arguments.output);
  auto placement =
      model::find_placement(arguments.common.device, config.precision);
  std::optional<training::ProcessGroup> group;
  if (const auto info = training::rank_info_from_environment()) {
    verbosity().quiet = arguments.common.quiet || info->rank != 0;
    if (placement.device.is_cuda()) {
      placement.device =
          torch::Device(torch::kCUDA, static_cast<int8_t>(info->local_rank));
    }
    group.emplace(*info, placement.device);
  }
  keep_freed_memory();
  training::Trainer trainer(
      config, folder, placement.device, group ? &*group : nullptr);
  const auto rows = trainer.run();
  if (rows && training::is_first(group ? &*group : nullptr)) {
    std::fputs(training::format_table(*rows).c_str(), stdout);
    say("model: " + (folder / "model").string());
  }
}

} // namespace

void add_train(CLI::App& app) {
  auto arguments = std::make_shared<TrainArguments>();
  auto* command = app.add_subcommand(
      "train",
      "microfiche train configs/training/smoke.json -o runs/smoke\n\n"
      "Trains or fine-tunes a model. Ctrl-C and SIGTERM write a checkpoint and "
      "stop; the same command resumes from the newest checkpoint. With several "
      "processes, under torchrun:\n"
      "  torchrun --nproc-per-node 2 --no-python microfiche train CONFIG");
  command->add_option("config", arguments->config, "Training config")
      ->required();
  command->add_option(
      "-o,--output",
      arguments->output,
      "Run folder; default: runs/NAME of the config");
  command
      ->add_option(
          "--device", arguments->common.device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str();
  add_threads_option(*command, arguments->common);
  command
      ->add_option(
          "--max-minutes",
          arguments->max_minutes,
          "Write a checkpoint and stop after this many minutes")
      ->check(number_between(1e-9, 1e6));
  add_set_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { train(*arguments); });
}

} // namespace microfiche::apps
