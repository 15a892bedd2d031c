#include "command.h"

#include "core/error.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "model/vision_token_file.h"
#include "page/page_views.h"
#include "reading/input_page.h"

#include <torch/torch.h>

#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct EncodeArguments {
  CommonArguments common;
  PageArguments page;
  std::string output;
  std::string mode;
};

void run_encode(const EncodeArguments& arguments) {
  check_not_input(arguments.output, {arguments.page.input});
  auto loaded = open_model(arguments.common);
  const auto mode = loaded.find_mode(arguments.mode);
  const auto image = load_page(arguments.page, loaded.config, mode);
  const page::PageViews views[] = {page::make_views(image, mode)};

  const torch::InferenceMode inference;
  const auto tokens = loaded.model->encode(views, mode).front();
  model::write_vision_tokens(arguments.output, {tokens, loaded.hash()});
  say(concat(
      arguments.output,
      ": ",
      count_of(tokens.counts.positions, "position"),
      ", ",
      count_of(tokens.counts.nominal, "vision token"),
      ", ",
      tokens.counts.valid,
      " valid, mode ",
      mode.name));
}

} // namespace

void add_encode(CLI::App& app) {
  auto arguments = std::make_shared<EncodeArguments>();
  auto* command = app.add_subcommand(
      "encode",
      "microfiche encode page.png -o page.safetensors --mode base\n"
      "microfiche encode paper.pdf --page 3 -o page-3.safetensors\n\n"
      "Compresses one page to vision tokens and saves them; `read` takes them "
      "as input.");
  add_page_options(*command, arguments->page);
  command->add_option("-o,--output", arguments->output, "File to write")
      ->type_name("FILE.safetensors")
      ->required();
  add_mode_option(*command, arguments->mode);
  add_model_options(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_encode(*arguments); });
}

} // namespace microfiche::apps
