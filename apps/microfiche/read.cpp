#include "command.h"

#include "core/config.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::apps {
namespace {

struct ReadCommandOptions {
  CommonOptions common;
  std::vector<std::string> inputs;
  std::string pages;
  ReadSettings read;
};

void run_read(ReadCommandOptions options) {
  auto& config = options.read.generation;
  config.seed = options.common.seed;
  Json json = write_config(config);
  for (const auto& assignment : options.common.set) {
    apply_override(json, assignment);
  }
  config = read_config<generation::GenerationConfig>(json, "read");
  auto pages = list_pages(options.inputs, options.pages, options.read.pdf);
  auto loaded = open_model(options.common);
  if (config.ngram_window > 0 && config.ngram_whitelist.empty()) {
    // As published: the cells of a table may repeat.
    for (const char* token : {"<td>", "</td>"}) {
      if (const auto id = loaded.tokenizer().id_of(token)) {
        config.ngram_whitelist.push_back(*id);
      }
    }
  }
  options.read.titles = options.inputs.size() > 1 ||
      std::filesystem::is_directory(options.inputs[0]);
  PageReader(options.read, std::move(loaded)).read(std::move(pages));
}

} // namespace

void add_read(CLI::App& app) {
  auto options = std::make_shared<ReadCommandOptions>();
  auto* command = app.add_subcommand(
      "read",
      "microfiche read paper.pdf --pages 3-7 --mode base -o read\n\n"
      "Reads pages back to text on stdout, or with -o into a folder: for each "
      "page its Markdown, a .json with the raw text and the boxes in pixels, "
      "its figures, and a picture of the page with the boxes drawn. Run again "
      "with -o, it goes on where it was stopped.");
  command
      ->add_option(
          "input",
          options->inputs,
          "Images, PDF files, vision tokens that `encode` saved, or folders of "
          "them")
      ->required();
  command->add_option("-o,--output", options->read.output, "Folder to write to")
      ->type_name("DIR");
  command->add_option(
      "--mode",
      options->read.mode,
      "tiny, small, base, large, gundam, gundam-m or a mode of the model; the "
      "model's own default when left out");
  command->add_option(
      "--prompt",
      options->read.prompt,
      "Prompt with <image> where the page goes; the model's own when left out");
  auto& generation = options->read.generation;
  command
      ->add_option(
          "--max-new-tokens", generation.max_new_tokens, "Longest answer")
      ->capture_default_str();
  command
      ->add_option(
          "--ngram", generation.ngram, "No n-gram of this length twice; 0: off")
      ->capture_default_str();
  command
      ->add_option(
          "--ngram-window",
          generation.ngram_window,
          "Ids to look back for it; 0: all, prompt included")
      ->capture_default_str();
  command
      ->add_option(
          "--temperature", generation.temperature, "0 takes the likeliest id")
      ->capture_default_str();
  command
      ->add_option(
          "--pages", options->pages, "Pages of a PDF to read; all by default")
      ->type_name("3-7,9");
  command
      ->add_option(
          "--dpi", options->read.pdf.dpi, "Pixels per inch of a PDF's pages")
      ->check(CLI::Range(1, 2400))
      ->capture_default_str();
  command
      ->add_option(
          "--batch",
          options->read.batch,
          "Pages read at once; where one ends the next begins")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_model_options(*command, options->common);
  add_seed_option(*command, options->common);
  add_set_option(*command, options->common);
  add_quiet_option(*command, options->common);
  command->callback([options] { run_read(*options); });
}

} // namespace microfiche::apps
