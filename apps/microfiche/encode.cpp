#include "command.h"

#include "core/error.h"
#include "core/terminal.h"
#include "model/vision_token_file.h"
#include "page/page_views.h"

#include <torch/torch.h>

#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct EncodeOptions {
  CommonOptions common;
  std::string input;
  std::string output;
  std::string mode;
  std::string style;
  int64_t page = 0;
};

void run_encode(const EncodeOptions& options) {
  auto loaded = open_model(options.common);
  const auto mode = loaded.find_mode(options.mode);
  const page::PageViews views[] = {page::make_views(
      load_page(options.input, mode, options.style, options.page), mode)};

  const torch::InferenceMode inference;
  const auto tokens = loaded.model->encode(views, mode).front();
  model::write_vision_tokens(options.output, {tokens, loaded.hash()});
  say(concat(
      options.output,
      ": ",
      tokens.counts.positions,
      " positions, ",
      tokens.counts.nominal,
      " vision tokens of which ",
      tokens.counts.valid,
      " are valid, mode ",
      mode.name));
}

} // namespace

void add_encode(CLI::App& app) {
  auto options = std::make_shared<EncodeOptions>();
  auto* command = app.add_subcommand(
      "encode",
      "microfiche encode page.png -o page.safetensors --mode base\n\n"
      "Compresses a page to vision tokens: an image, a page of a PDF, or a text "
      "that is set on a page first.");
  command
      ->add_option(
          "input",
          options->input,
          "Image, PDF or text file; - is standard input")
      ->required();
  command->add_option("-o,--output", options->output, "File to write")
      ->type_name("FILE.safetensors")
      ->required();
  command->add_option(
      "--mode",
      options->mode,
      "tiny, small, base, large, gundam, gundam-m or a mode of the model; the "
      "model's own default when left out");
  command->add_option("--page", options->page, "Page of a PDF, from 1")
      ->check(CLI::PositiveNumber);
  command->add_option(
      "--style", options->style, "Page style of a text, see `render`");
  add_model_options(*command, options->common);
  add_quiet_option(*command, options->common);
  command->callback([options] { run_encode(*options); });
}

} // namespace microfiche::apps
