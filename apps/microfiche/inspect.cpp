#include "command.h"

#include "core/files.h"
#include "memory/inspection.h"
#include "memory/schema.h"
#include "model/inspection.h"

#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct InspectArguments {
  std::string path;
  std::string format = "table";
};

void run_inspect(const InspectArguments& arguments) {
  if (memory::is_store_file(arguments.path)) {
    const auto inspection = memory::inspect(arguments.path);
    write_file(
        "-",
        arguments.format == "json" ? inspection.dump(2) + "\n"
                                   : memory::inspection_text(inspection));
    return;
  }
  const auto inspection = model::inspect(arguments.path);
  write_file(
      "-",
      arguments.format == "json" ? inspection.dump(2) + "\n"
                                 : model::inspection_text(inspection));
}

} // namespace

void add_inspect(CLI::App& app) {
  auto arguments = std::make_shared<InspectArguments>();
  auto* command = app.add_subcommand(
      "inspect",
      "microfiche inspect configs/models/nano\n\n"
      "Shows a model folder (parameters by part, dtypes, hashes, memory of a "
      "run, modes), a safetensors file, saved vision tokens, or a store of "
      "`memory`. A folder with only config.json shows the model that it "
      "describes.");
  command
      ->add_option(
          "path", arguments->path, "Model folder, safetensors file, or store")
      ->required();
  add_format_option(*command, arguments->format);
  command->callback([arguments] { run_inspect(*arguments); });
}

} // namespace microfiche::apps
