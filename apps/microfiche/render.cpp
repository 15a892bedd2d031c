#include "command.h"

#include "reading/page_folder.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::apps {
namespace {

struct RenderArguments {
  CommonArguments common;
  std::vector<std::string> inputs;
  std::string output;
  std::string style;
};

void render(const RenderArguments& arguments) {
  apply_common_arguments(arguments.common);
  const auto config = find_model_config(arguments.common);
  reading::write_page_folder(
      arguments.output,
      load_page_style(arguments.style, arguments.common, config),
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
