#include "command.h"

#include "core/config.h"
#include "core/error.h"
#include "document/page_range.h"
#include "generation/model_defaults.h"
#include "model/model_config.h"
#include "model/model_family.h"
#include "model/prompt.h"
#include "reading/page_reader.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::apps {
namespace {

struct ReadArguments {
  CommonArguments common;
  /// What --max-new-tokens, --ngram and --ngram-window say; nothing: as the
  /// model's family does.
  std::optional<int64_t> max_new_tokens;
  std::optional<int64_t> ngram;
  std::optional<int64_t> ngram_window;
  double temperature = 0;
  std::vector<std::string> inputs;
  reading::PageReaderConfig read;
};

/// The options, else what the model's family does by default.
generation::GenerationConfig generation_config(
    const ReadArguments& arguments,
    const model::ModelFamily& family) {
  auto config = generation::family_defaults(family, arguments.read.together);
  config.max_new_tokens =
      arguments.max_new_tokens.value_or(config.max_new_tokens);
  config.ngram = arguments.ngram.value_or(config.ngram);
  config.ngram_window = arguments.ngram_window.value_or(
      config.ngram > 0 ? config.ngram_window : 0);
  config.temperature = arguments.temperature;
  config.seed = arguments.common.seed;
  Json json = write_config(config);
  for (const auto& assignment : arguments.common.set) {
    apply_override(json, assignment);
  }
  return read_config<generation::GenerationConfig>(json, "read");
}

void run_read(ReadArguments arguments) {
  const auto model_config =
      model::load_model_config(model_folder(arguments.common) / "config.json");
  arguments.read.generation =
      generation_config(arguments, model_config.family());
  if (!arguments.read.prompt.empty()) {
    model::validate_prompt(arguments.read.prompt, "--prompt");
  }
  document::parse_page_range(
      arguments.read.pages.empty() ? "1-" : arguments.read.pages);
  const auto files = reading::list_files(arguments.inputs);
  std::error_code error;
  const bool is_folder =
      std::filesystem::is_directory(arguments.inputs[0], error);
  reading::PageReader(arguments.read, open_model(arguments.common))
      .read(files, is_folder);
}

} // namespace

void add_read(CLI::App& app) {
  auto arguments = std::make_shared<ReadArguments>();
  auto& read = arguments->read;
  auto* command = app.add_subcommand(
      "read",
      "microfiche read page.png\n"
      "microfiche read paper.pdf --pages 3-7 -o results\n"
      "microfiche read scans -o results --batch 4\n\n"
      "Reads pages back to text. Prints the text, or with -o writes for each "
      "page its Markdown, a .json with the raw text and the boxes in pixels, "
      "its figures, and an image of the page with its boxes. The same command "
      "with -o resumes after an interruption and reads changed files again.");
  command
      ->add_option(
          "input",
          arguments->inputs,
          "Images, PDF files, text files, vision tokens that `encode` saved, or "
          "folders of images, PDF files and vision tokens; - is standard input")
      ->required();
  command
      ->add_option(
          "-o,--output",
          read.output,
          "Folder for the results; it may be the folder of the inputs")
      ->type_name("DIR");
  add_mode_option(*command, read.mode);
  add_prompt_option(*command, read.prompt);
  command->add_option(
      "--max-new-tokens",
      arguments->max_new_tokens,
      concat(
          "Most tokens to generate for a page; default: ",
          generation::GenerationConfig().max_new_tokens,
          ", for Unlimited-OCR what its positions hold"));
  command->add_option(
      "--ngram",
      arguments->ngram,
      "Never generate an n-gram of this length twice; 0: off; default: 0, "
      "for Unlimited-OCR 35");
  command->add_option(
      "--ngram-window",
      arguments->ngram_window,
      "Look for n-grams only in this many last tokens; 0: in all, prompt "
      "included; default: 0, for Unlimited-OCR 128, or 1024 with "
      "--together");
  command
      ->add_option(
          "--temperature",
          arguments->temperature,
          "Sampling temperature; 0: always the most likely token")
      ->capture_default_str();
  command
      ->add_option(
          "--pages",
          read.pages,
          "Pages to read from a PDF, a TIFF or a text of several pages; "
          "default: all")
      ->type_name("3-7,9");
  command->add_option("--dpi", read.pdf.dpi, "Pixels per inch of PDF pages")
      ->check(CLI::Range(1, 2400))
      ->capture_default_str();
  command
      ->add_option(
          "--style", read.style, "Page style for texts, as `render` takes it")
      ->type_name("FILE");
  command
      ->add_option(
          "--batch",
          read.batch,
          "Pages to read at the same time; a finished page makes room for the "
          "next")
      ->check(whole_number())
      ->capture_default_str();
  command
      ->add_option(
          "--draft",
          read.draft,
          "Read faster with a text that the pages may hold: a text or PDF file, "
          "or `pdf` for the text layer of each PDF that is read; wrong drafts "
          "change no text")
      ->type_name("FILE|pdf");
  command->add_flag(
      "--together",
      read.together,
      "Read all pages in one prompt, for models that read several "
      "(Unlimited-OCR)");
  add_model_options(*command, arguments->common);
  add_window_option(*command, arguments->common);
  add_seed_option(*command, arguments->common);
  add_set_option(
      *command,
      arguments->common,
      "Set how tokens are chosen: top_p, top_k, loop_repeats, loop_ids or "
      "ngram_whitelist; may be repeated");
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_read(*arguments); });
}

} // namespace microfiche::apps
