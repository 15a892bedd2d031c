#include "command.h"

#include "core/config.h"
#include "model/model_config.h"
#include "reading/page_folder.h"
#include "rendering/page_style.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::apps {
namespace {

using rendering::PageStyle;

struct RenderArguments {
  CommonArguments common;
  std::vector<std::string> inputs;
  std::string output;
  std::string style;
};

/// The config of the model that the pages are for; none when it is not named
/// and the nano model is not installed.
std::optional<model::ModelConfig> load_model_config(
    const CommonArguments& common) {
  const auto file = model_folder(common) / "config.json";
  if (common.model.empty() && !std::filesystem::exists(file)) {
    return std::nullopt;
  }
  return model::load_model_config(file);
}

/// The style of --style; without it, the style that the model states it reads,
/// or else the default style.
PageStyle load_style(
    const RenderArguments& arguments,
    const std::optional<model::ModelConfig>& config) {
  if (!arguments.style.empty()) {
    return load_config<PageStyle>(arguments.style, arguments.common.set);
  }
  Json json = Json::object();
  if (config && config->toolkit.trained_on &&
      !config->toolkit.trained_on->page_style.is_null()) {
    json = config->toolkit.trained_on->page_style;
  }
  for (const auto& assignment : arguments.common.set) {
    apply_override(json, assignment);
  }
  return read_config<PageStyle>(json, "page style");
}

void render(const RenderArguments& arguments) {
  apply_common_arguments(arguments.common);
  const auto config = load_model_config(arguments.common);
  reading::write_page_folder(
      arguments.output,
      load_style(arguments, config),
      reading::read_texts(arguments.inputs),
      config);
}

} // namespace

void add_render(CLI::App& app) {
  auto arguments = std::make_shared<RenderArguments>();
  auto* command = app.add_subcommand(
      "render",
      "microfiche render notes.txt -o pages\n"
      "microfiche render book.txt -o pages --style configs/pages/dense.json\n\n"
      "Renders text files to page images (page-0001.png, page-0002.png ...) and "
      "writes pages.json: for each page its file, its text, characters and text "
      "tokens. Warns about pages that differ from what the model was trained "
      "on.");
  command
      ->add_option(
          "texts", arguments->inputs, "Text files; - is standard input")
      ->type_name("TEXT")
      ->required();
  command->add_option("-o,--output", arguments->output, "Folder for the pages")
      ->type_name("DIR")
      ->required();
  command
      ->add_option(
          "--style",
          arguments->style,
          "Page style, a JSON file as in configs/pages; default: a style that "
          "the model reads")
      ->type_name("FILE");
  add_model_folder_option(*command, arguments->common);
  add_set_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { render(*arguments); });
}

} // namespace microfiche::apps
