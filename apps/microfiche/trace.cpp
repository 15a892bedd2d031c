#include "command.h"

#include "core/error.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "model/prompt.h"
#include "page/page_views.h"
#include "reading/input_file.h"
#include "reading/input_page.h"
#include "reading/together.h"
#include "reading/trace.h"

#include <memory>
#include <string>
#include <vector>

namespace microfiche::apps {
namespace {

struct TraceArguments {
  CommonArguments common;
  PageArguments page;
  /// With `together`, the files after the first.
  std::vector<std::string> more;
  bool together = false;
  std::string output;
  std::string mode;
  std::string prompt;
  int64_t steps = 16;
};

/// The pages that the arguments name, as the views of one mode.
std::vector<page::PageViews> load_views(
    const TraceArguments& arguments,
    const model::LoadedModel& loaded,
    const page::ResolutionMode& mode) {
  if (!arguments.together) {
    check<UsageError>(
        arguments.more.empty(),
        "expected one page, got ",
        arguments.more.size() + 1,
        " files; --together puts several into one prompt");
    return {
        page::make_views(load_page(arguments.page, loaded.config, mode), mode)};
  }
  check<UsageError>(
      arguments.page.number == 0, "--page has no effect with --together");
  reading::check_together(loaded.config, mode);
  std::vector<std::string> inputs = arguments.more;
  inputs.insert(inputs.begin(), arguments.page.input);
  const auto list = reading::list_pages(
      reading::list_files(inputs),
      {"",
       {},
       reading::find_text_style(arguments.page.style, loaded.config, mode)});
  check(list.failures.empty(), list.failures.empty() ? "" : list.failures[0]);
  reading::TrainingWarnings training(loaded.config, mode);
  std::vector<page::PageViews> views;
  for (const auto& page : list.pages) {
    views.push_back(page::make_views(load_page(page, training), mode));
  }
  return views;
}

void run_trace(const TraceArguments& arguments) {
  check_not_input(arguments.output, {arguments.page.input});
  check_not_input(arguments.output, arguments.more);
  if (!arguments.prompt.empty()) {
    model::validate_prompt(arguments.prompt, "--prompt");
  }
  auto loaded = open_model(arguments.common);
  const auto mode = arguments.together
      ? reading::find_together_mode(loaded, arguments.mode)
      : loaded.find_mode(arguments.mode);
  const auto pages = load_views(arguments, loaded, mode);
  reading::TraceConfig config;
  config.prompt = arguments.prompt;
  config.together = arguments.together;
  config.steps = arguments.steps;
  reading::write_trace(
      arguments.output, reading::trace_pages(loaded, pages, mode, config));
  say(concat(
      arguments.output,
      ": ",
      count_of(arguments.steps, "step"),
      ", mode ",
      mode.name));
}

} // namespace

void add_trace(CLI::App& app) {
  auto arguments = std::make_shared<TraceArguments>();
  auto* command = app.add_subcommand(
      "trace",
      "microfiche trace page.png -o trace.safetensors --mode gundam\n"
      "microfiche trace 1.png 2.png -o trace.safetensors --together\n\n"
      "Saves every stage of one greedy reading, for comparison with another "
      "implementation: pixels.*, sam.*, clip.* (flow.* with DeepSeek-OCR 2), "
      "tokens.* (global, tiles), "
      "sequence, input_ids, logits, generated_ids. Does not stop at the end "
      "token.");
  add_page_options(*command, arguments->page);
  command->add_option(
      "more", arguments->more, "With --together: the pages after the first");
  command->add_flag(
      "--together",
      arguments->together,
      "Put all pages into one prompt, for models that read several "
      "(Unlimited-OCR)");
  command->add_option("-o,--output", arguments->output, "File to write")
      ->type_name("FILE.safetensors")
      ->required();
  add_mode_option(*command, arguments->mode);
  add_prompt_option(*command, arguments->prompt);
  command->add_option("--steps", arguments->steps, "Ids to generate")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  add_model_options(*command, arguments->common);
  add_window_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_trace(*arguments); });
}

} // namespace microfiche::apps
