#include "reading/trace.h"

#include "core/error.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "generation/diagnostics.h"
#include "model/model_family.h"
#include "model/prompt.h"
#include "model/state_dict.h"
#include "page/vision_token_order.h"

#include <torch/torch.h>

#include <iterator>

namespace microfiche::reading {
namespace {

/// The id of `<image>` in the published model, for a folder without a
/// tokenizer.
constexpr int64_t kPublishedImageId = 128815;

void add(Trace& trace, const std::string& name, const torch::Tensor& tensor) {
  const auto dtype =
      tensor.is_floating_point() ? torch::kFloat32 : tensor.scalar_type();
  trace.tensors.emplace_back(
      name, tensor.detach().to(torch::kCPU, dtype).contiguous());
}

/// Encodes views one at a time, because their intermediate maps are large, and
/// adds every stage under `name`.
torch::Tensor trace_views(
    model::LoadedModel& loaded,
    const std::vector<const page::PageImage*>& views,
    const std::string& name,
    Trace& trace) {
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
  add(trace, "pixels." + name, torch::cat(pixels));
  add(trace, "sam." + name, torch::cat(sam));
  const auto stage = loaded.model->encoder->second_stage->stage_name();
  add(trace, concat(stage, ".", name), torch::cat(second));
  const auto all_tokens = torch::cat(tokens); // (views, q, D)
  add(trace, "tokens." + name, all_tokens);
  return all_tokens;
}

/// The vision tokens of all pages, as `OpticalModel::encode` has them.
torch::Tensor trace_encoder(
    model::LoadedModel& loaded,
    const std::vector<page::PageViews>& pages,
    Trace& trace) {
  std::vector<const page::PageImage*> global_views;
  global_views.reserve(pages.size());
  for (const auto& page : pages) {
    global_views.push_back(&page.global_view);
  }
  const auto global_tokens =
      trace_views(loaded, global_views, "global", trace); // (P, q, D)
  const auto& first = pages.front();
  torch::Tensor tile_tokens;
  if (!first.tiles.empty()) {
    std::vector<const page::PageImage*> tiles;
    tiles.reserve(first.tiles.size());
    for (const auto& tile : first.tiles) {
      tiles.push_back(&tile);
    }
    tile_tokens = trace_views(loaded, tiles, "tiles", trace).unsqueeze(0);
  }
  auto sequence = loaded.model->assemble(global_tokens, tile_tokens, first.grid)
                      .flatten(0, 1); // (positions, D)
  add(trace, "sequence", sequence);
  return sequence;
}

/// The prompt's ids. Without a tokenizer only the prompt `<image>` is possible.
model::Prompt make_prompt(
    const model::LoadedModel& loaded,
    const TraceConfig& config,
    int64_t positions) {
  const int64_t bos = loaded.config.language.bos_token_id;
  const auto& text = config.prompt;
  if (loaded.own_tokenizer || (!text.empty() && text != model::kImageToken)) {
    return model::assemble_prompt(
        loaded.tokenizer(),
        !text.empty()         ? text
            : config.together ? loaded.config.family().together_prompt
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

void check_fit(
    const model::LoadedModel& loaded,
    const model::Prompt& prompt,
    int64_t pages) {
  const int64_t context = loaded.config.language.max_position_embeddings;
  const int64_t text = std::ssize(prompt.ids) - prompt.image_positions;
  check(
      std::ssize(prompt.ids) < context,
      "--together: the prompt with ",
      count_of(pages, "page"),
      " takes ",
      prompt.ids.size(),
      " of the model's ",
      context,
      " positions; at most ",
      count_of((context - 1 - text) / (prompt.image_positions / pages), "page"),
      " fit");
}

} // namespace

Trace trace_pages(
    model::LoadedModel& loaded,
    const std::vector<page::PageViews>& pages,
    const page::ResolutionMode& mode,
    const TraceConfig& config) {
  TORCH_CHECK_VALUE(
      pages.size() == 1 || (config.together && !pages.empty()),
      "trace_pages: expected one page, or several with `together`, got ",
      pages.size());
  int64_t positions = 0;
  std::string sizes;
  for (const auto& page : pages) {
    positions += page::count_vision_tokens(
                     mode,
                     page.grid,
                     page.page_width_px,
                     page.page_height_px,
                     loaded.config.pixels_per_token())
                     .positions;
    sizes += concat(
        sizes.empty() ? "" : ",", page.page_width_px, "x", page.page_height_px);
  }
  const auto prompt = make_prompt(loaded, config, positions);
  if (config.together) {
    check_fit(loaded, prompt, std::ssize(pages));
  }

  const torch::InferenceMode inference;
  Trace trace;
  const auto sequence = trace_encoder(loaded, pages, trace);
  add(trace, "input_ids", torch::tensor(prompt.ids, torch::kInt64));
  const auto answer = generation::trace_greedy(
      loaded.model->decoder,
      {loaded.model->embed(prompt, sequence), prompt.ids},
      config.steps);
  add(trace, "logits", answer.logits);
  add(trace, "generated_ids", torch::tensor(answer.ids, torch::kInt64));
  const auto& grid = pages.front().grid;
  trace.metadata = {
      {"mode", mode.name},
      {"image_size", sizes},
      {"tiles", concat(grid.columns, "x", grid.rows)},
      {"model_hash", loaded.hash()}};
  return trace;
}

void write_trace(const std::string& file, const Trace& trace) {
  std::vector<checkpoint::TensorView> views;
  views.reserve(trace.tensors.size());
  for (const auto& [name, tensor] : trace.tensors) {
    views.push_back(model::view_bytes(name, tensor));
  }
  checkpoint::write_safetensors(file, views, trace.metadata);
}

} // namespace microfiche::reading
