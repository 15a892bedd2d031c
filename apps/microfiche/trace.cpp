#include "command.h"

#include "core/error.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "generation/diagnostics.h"
#include "model/model_family.h"
#include "model/prompt.h"
#include "model/state_dict.h"
#include "page/page_views.h"
#include "reading/input_file.h"
#include "reading/input_page.h"
#include "reading/together.h"

#include <torch/torch.h>

#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
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

/// The id of `<image>` in the published model, for a folder without a
/// tokenizer.
constexpr int64_t kPublishedImageId = 128815;

/// Collects the tensors of a trace and writes them to a file.
class TraceFile {
 public:
  /// Converts floating point to float32.
  void add(const std::string& name, const torch::Tensor& tensor) {
    const auto dtype =
        tensor.is_floating_point() ? torch::kFloat32 : tensor.scalar_type();
    tensors_.emplace_back(
        name, tensor.detach().to(torch::kCPU, dtype).contiguous());
  }

  void write(
      const std::string& file,
      const std::map<std::string, std::string>& metadata) const {
    std::vector<checkpoint::TensorView> views;
    for (const auto& [name, tensor] : tensors_) {
      views.push_back(model::view_bytes(name, tensor));
    }
    checkpoint::write_safetensors(file, views, metadata);
  }

 private:
  std::vector<std::pair<std::string, torch::Tensor>> tensors_;
};

/// Encodes views one at a time, because their intermediate maps are large, and
/// adds every stage under `name`.
torch::Tensor trace_views(
    model::LoadedModel& loaded,
    const std::vector<const page::PageImage*>& views,
    const std::string& name,
    TraceFile& file) {
  std::vector<torch::Tensor> pixels;
  std::vector<torch::Tensor> sam;
  std::vector<torch::Tensor> second;
  std::vector<torch::Tensor> tokens;
  for (const auto* view : views) {
    pixels.push_back(
        model::normalized_pixels({&view, 1}, loaded.model->tensor_options()));
    auto stages = loaded.model->encoder->stages(pixels.back());
    sam.push_back(std::move(stages.sam));
    second.push_back(std::move(stages.second));
    tokens.push_back(std::move(stages.tokens));
  }
  file.add("pixels." + name, torch::cat(pixels));
  file.add("sam." + name, torch::cat(sam));
  const auto stage = loaded.model->encoder->second_stage->stage_name();
  file.add(concat(stage, ".", name), torch::cat(second));
  const auto all_tokens = torch::cat(tokens); // (views, n * n, D)
  file.add("tokens." + name, all_tokens);
  return all_tokens;
}

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

/// The prompt's ids. Without a tokenizer only the prompt `<image>` is possible.
model::Prompt make_prompt(
    const model::LoadedModel& loaded,
    const std::string& text,
    bool together,
    int64_t positions) {
  const int64_t bos = loaded.config.language.bos_token_id;
  if (loaded.own_tokenizer || (!text.empty() && text != model::kImageToken)) {
    return model::assemble_prompt(
        loaded.tokenizer(),
        !text.empty()  ? text
            : together ? loaded.config.family().together_prompt
                       : loaded.config.toolkit.default_prompt,
        positions,
        bos);
  }
  if (text.empty()) {
    warn(concat(
        loaded.folder.string(),
        ": has no tokenizer.json, so the prompt is <image>"));
  }
  model::Prompt prompt;
  prompt.ids.assign(positions + 1, kPublishedImageId);
  prompt.ids[0] = bos;
  prompt.image_begin = 1;
  prompt.image_positions = positions;
  return prompt;
}

void run_trace(const TraceArguments& arguments) {
  if (!arguments.prompt.empty()) {
    model::validate_prompt(arguments.prompt, "--prompt");
  }
  auto loaded = open_model(arguments.common);
  const auto mode = arguments.together
      ? reading::find_together_mode(loaded, arguments.mode)
      : loaded.find_mode(arguments.mode);
  const auto pages = load_views(arguments, loaded, mode);
  const auto& views = pages.front();
  const torch::InferenceMode inference;
  TraceFile file;

  std::vector<const page::PageImage*> global_views;
  std::string sizes;
  for (const auto& page : pages) {
    global_views.push_back(&page.global_view);
    sizes += concat(
        sizes.empty() ? "" : ",", page.page_width_px, "x", page.page_height_px);
  }
  const auto global_tokens =
      trace_views(loaded, global_views, "global", file); // (P, n * n, D)
  torch::Tensor tile_tokens;
  if (!views.tiles.empty()) {
    std::vector<const page::PageImage*> tiles;
    for (const auto& tile : views.tiles) {
      tiles.push_back(&tile);
    }
    tile_tokens = trace_views(loaded, tiles, "tiles", file).unsqueeze(0);
  }
  const auto sequence =
      loaded.model->assemble(global_tokens, tile_tokens, views.grid)
          .flatten(0, 1); // (positions, D)
  file.add("sequence", sequence);

  const auto prompt = make_prompt(
      loaded, arguments.prompt, arguments.together, sequence.size(0));
  const int64_t context = loaded.config.language.max_position_embeddings;
  check(
      !arguments.together || std::ssize(prompt.ids) < context,
      "--together: the prompt with ",
      count_of(std::ssize(pages), "page"),
      " takes ",
      prompt.ids.size(),
      " of the model's ",
      context,
      " positions; at most ",
      count_of(
          (context - 1 - std::ssize(prompt.ids) + sequence.size(0)) /
              (sequence.size(0) / std::ssize(pages)),
          "page"),
      " fit");
  file.add("input_ids", torch::tensor(prompt.ids, torch::kInt64));
  const auto trace = generation::trace_greedy(
      loaded.model->decoder,
      {loaded.model->embed(prompt, sequence), prompt.ids},
      arguments.steps);
  file.add("logits", trace.logits);
  file.add("generated_ids", torch::tensor(trace.ids, torch::kInt64));
  file.write(
      arguments.output,
      {{"mode", mode.name},
       {"image_size", sizes},
       {"tiles", concat(views.grid.columns, "x", views.grid.rows)},
       {"model_hash", loaded.hash()}});
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
